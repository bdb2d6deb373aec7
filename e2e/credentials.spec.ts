import { accessibilityComplaints } from './support/accessibility.ts'
import { expect, test } from './support/test.ts'

test('a stolen device’s credential is revoked, and seen to be', async ({ window, devices }) => {
  const gate = await devices.unbox({ kind: 'gate-lock' })
  await window.commission.commission(gate.id, gate.pin)
  const { page } = window
  await window.go('Credentials')
  const grid = page.getByRole('grid', { name: 'Credentials' })
  const details = page.getByRole('complementary', { name: `Details of ${gate.id}` })
  const dialog = page.getByRole('dialog', { name: 'Revoke a credential' })

  await test.step('it is found, with who is connected with it', async () => {
    await page.getByLabel('Search the credentials').fill(gate.id)
    await grid.getByRole('row').filter({ hasText: gate.id }).click()
    await expect(details).toContainText('1 server asked')
    await expect(details).toContainText('subscriptions')
    expect.soft(await accessibilityComplaints(page)).toEqual([])
  })

  await test.step('before, it says what that takes down, and asks for the name', async () => {
    await details.getByRole('button', { name: 'Revoke…' }).click()
    await expect(dialog.getByRole('list', { name: 'Devices that are cut off' })).toContainText(
      'unlock',
    )
    expect.soft(await accessibilityComplaints(page)).toEqual([])
    const revoke = dialog.getByRole('button', { name: 'Revoke', exact: true })
    await dialog.getByLabel('Reason').fill('Stolen from the gate.')
    await dialog.getByRole('textbox', { name: /^Type/u }).fill('something else')
    await expect(revoke).toBeDisabled()
    await dialog.getByRole('textbox', { name: /^Type/u }).fill(gate.id)
    await revoke.click()
  })

  await test.step('after, it says what was seen, the device’s tries to come back too', async () => {
    await expect(dialog).toContainText('Seen to be in force')
    await expect(dialog).toContainText('1 of 1 connection seen to close')
    await expect(dialog).toContainText('a fresh one let in: the server enforces the list')
    await expect(dialog).toContainText(/tr(?:y|ies) to come back with it turned away/u)
    expect.soft(await accessibilityComplaints(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Done' }).click()
  })

  await test.step('the ledger keeps it', async () => {
    await expect(details).toContainText('Stolen from the gate.')
    await expect(details).toContainText('Seen to be in force')
    await expect(grid.getByRole('row').filter({ hasText: gate.id })).toContainText('Revoked')
  })
})
