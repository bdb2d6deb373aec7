import { expect, test } from '../support/test.ts'

test('the page gets nothing of Node or Electron, no network and no second window', async ({
  bareMuster,
  openWindow,
}) => {
  const { page, firstRun } = await openWindow(bareMuster)
  await firstRun.welcome.waitFor()
  expect(new URL(page.url()).protocol).toBe('app:')
  const exposed = await page.evaluate(() =>
    ['require', 'process', 'module', 'Buffer', 'global', 'ipcRenderer', 'electron'].filter(
      (name) => name in globalThis,
    ),
  )
  expect(exposed).toEqual([])

  const reached = await page.evaluate(async () => {
    const attempts = ['http://127.0.0.1/', 'https://example.org/', 'file:///etc/hosts']
    const outcomes = attempts.map((url) =>
      fetch(url, { mode: 'no-cors' }).then(
        () => [url],
        () => [],
      ),
    )
    return (await Promise.all(outcomes)).flat()
  })
  expect(reached).toEqual([])

  expect(await page.evaluate(() => window.open('https://example.org/') === null)).toBe(true)
  expect(page.context().pages()).toHaveLength(1)
})
