import { expect, test } from './support/test.ts'

test('a first run makes a local mesh for this computer only and leads to Commission', async ({
  bareMuster,
  openWindow,
}) => {
  const window = await openWindow(bareMuster)
  await window.firstRun.welcome.waitFor()
  await window.firstRun.chooseLocalMesh()
  await window.firstRun.createMesh('greenhouse')
  await expect(window.page.getByRole('main')).toContainText('This computer only')
  await expect(window.page.getByRole('main')).toContainText('nats://127.0.0.1:')
  await window.firstRun.leave()
  await window.heading('Commission').waitFor()
  await window.mesh('Connected').waitFor()
  await window.health('OK').waitFor()
})

test('a page that is loaded again keeps its session, and its address holds no token', async ({
  bareMuster,
  openWindow,
}) => {
  const window = await openWindow(bareMuster)
  await window.firstRun.welcome.waitFor()
  expect(window.page.url()).not.toContain('token')
  await window.page.reload()
  await window.firstRun.welcome.waitFor()
})

test(
  'a link that was used before says how to get another',
  { tag: '@link' },
  async ({ bareMuster, page, browser }) => {
    const link = await bareMuster.link()
    await page.goto(link)
    await page.getByRole('heading', { name: 'Welcome to Muster' }).waitFor()
    const stranger = await browser.newContext()
    const again = await stranger.newPage()
    await again.goto(link)
    await again.getByRole('heading', { name: 'This link no longer opens Muster' }).waitFor()
    await expect(again.getByRole('listitem').filter({ hasText: 'Press Enter there' })).toBeVisible()
    await again.goto(await bareMuster.link())
    await again.getByRole('heading', { name: 'Welcome to Muster' }).waitFor()
    await stranger.close()
  },
)
