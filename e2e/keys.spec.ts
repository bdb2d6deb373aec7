import { accessibilityComplaints } from './support/accessibility.ts'
import { expect, test } from './support/test.ts'

test('a key for a role is made, its role edited, and the key rotated', async ({
  bareMuster,
  openWindow,
}) => {
  // One of its own: nobody else's credential may keep the old key in use.
  await bareMuster.through((client) =>
    client.mesh.createLocal({
      dialect: 'device-connect',
      tenant: 'greenhouse',
      reach: { kind: 'loopback' },
    }),
  )
  const window = await openWindow(bareMuster)
  const { page } = window
  await window.go('Keys')
  const accounts = page.getByRole('grid', { name: 'Operator and accounts' })
  await accounts.getByRole('row').filter({ hasText: 'Tenant account' }).first().click()
  const panel = page.getByRole('complementary', { name: /^Keys of/u })

  await test.step('the account gets a key for the role viewer', async () => {
    await panel.getByRole('button', { name: 'Add…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('combobox', { name: 'Role' }).click()
    await page.getByRole('option', { name: 'Viewer' }).click()
    await dialog.getByRole('button', { name: 'Make the key' }).click()
    await expect(dialog).toBeHidden()
    await expect(panel.getByText('Viewer', { exact: false })).toBeVisible()
    expect.soft(await accessibilityComplaints(page)).toEqual([])
  })

  await test.step('what is unsafe is refused, what is not is previewed and pushed', async () => {
    await page.getByRole('link', { name: 'Roles' }).click()
    await page.getByRole('button', { name: /^Viewer/u }).click()
    const hears = page.getByLabel('May subscribe')
    await hears.fill('{root}.>')
    await expect(page.getByRole('region', { name: 'What is wrong' })).toContainText('other tenants')
    await expect(page.getByRole('button', { name: /^Save Viewer/u })).toBeDisabled()
    await hears.fill('{root}.{tenant}.*.heartbeat')
    await expect(page.getByRole('complementary', { name: 'Preview' })).toContainText('.*.heartbeat')
    expect.soft(await accessibilityComplaints(page)).toEqual([])
    await page.getByRole('button', { name: /^Save Viewer/u }).click()
    const dialog = page.getByRole('dialog')
    await expect(dialog).toContainText('Nobody is connected by it now.')
    await dialog.getByRole('button', { name: 'Save and push' }).click()
    await expect(page.getByRole('button', { name: /^Viewer/u })).toContainText('edited')
  })

  await test.step('the account’s own key is rotated', async () => {
    await page.getByRole('link', { name: 'Keys', exact: true }).last().click()
    await accounts.getByRole('row').filter({ hasText: 'Tenant account' }).first().click()
    const key = panel.locator('code').nth(1)
    const before = await key.textContent()
    await panel.getByRole('button', { name: 'Rotate…' }).first().click()
    const dialog = page.getByRole('dialog')
    await expect(dialog).toContainText('No good credential was signed by this key')
    await dialog.getByRole('button', { name: 'Rotate the key' }).click()
    await expect(dialog).toBeHidden()
    await expect(key).not.toHaveText(before ?? '')
    await expect(page.getByRole('region', { name: 'Unfinished' })).toBeHidden()
  })
})
