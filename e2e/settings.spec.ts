import { expect, test } from './support/test.ts'

test(
  'colours follow the setting, and a window that opens later has them too',
  { tag: '@link' },
  async ({ window, muster, browser }) => {
    const { page } = window
    await window.go('Settings')
    await window.chooseColours('Dark')
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const dark = await background()

    const context = await browser.newContext({ colorScheme: 'light' })
    const other = await context.newPage()
    await other.goto(await muster.link())
    await expect(other.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark')
    await context.close()

    await window.chooseColours('Light')
    expect(await background()).not.toBe(dark)
  },
)

test('the deadline for the first connection can be set, and nonsense is not taken', async ({
  window,
}) => {
  const { page } = window
  await window.go('Settings')
  const deadline = page.getByLabel('Deadline for the first connection in minutes')
  await deadline.fill('45')
  await deadline.press('Enter')
  await page.reload()
  await expect(deadline).toHaveValue('45 min')
  await deadline.fill('0')
  await deadline.press('Enter')
  await expect(deadline).toHaveValue('45 min')
})
