import { startEtcd } from '../tests/support/etcd-server.ts'
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

test('the registry goes to an etcd that was tried, and back', async ({ window }) => {
  const { page } = window
  const etcd = await startEtcd()
  try {
    await window.go('Settings')
    const registry = page.getByRole('region', { name: 'Registry' })
    const form = page.getByRole('dialog', { name: 'Where the registry keeps devices' })
    await registry.getByRole('button', { name: 'Change…' }).click()
    await form.getByText('In etcd', { exact: true }).click()
    await form.getByRole('button', { name: 'Test connection' }).click()
    await expect(form.getByText('Give at least one endpoint.')).toBeVisible()
    await form.getByLabel('Endpoints', { exact: true }).fill(`${etcd.url}/`)
    await form.getByRole('button', { name: 'Test connection' }).click()
    await expect(form.getByText('The registry can use this etcd.')).toBeVisible()
    await form.getByRole('button', { name: 'Use this etcd' }).click()
    await expect(registry).toContainText('Devices are kept in etcd')
    await expect(registry).toContainText('No other registry shares it', { timeout: 30_000 })
    await expect(registry).toContainText('Well')

    await registry.getByRole('button', { name: 'Change…' }).click()
    await form.getByText('On this computer', { exact: true }).click()
    await form.getByRole('button', { name: 'Use this computer' }).click()
    await expect(registry).toContainText('Devices are kept on this computer')
  } finally {
    await etcd.stop()
  }
})
