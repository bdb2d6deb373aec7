import { accessibilityComplaints } from './support/accessibility.ts'
import { expect, test } from './support/test.ts'

test('a credential is renewed over the mesh from the list of what expires; what can not be is sent to Commission', async ({
  window,
  devices,
}) => {
  const { page } = window
  const node = await devices.unbox({ kind: 'climate-node', updatesCredentials: true })
  const old = await devices.unbox({ kind: 'grow-light' })
  await window.commission.commission(node.id, node.pin)
  await window.commission.commission(old.id, old.pin)
  await window.go('Credentials')
  await page.getByRole('link', { name: /^Expiry/u }).click()

  const grid = page.getByRole('grid', { name: 'What expires' })
  for (const { id } of [node, old]) {
    const row = grid.getByRole('row').filter({ hasText: id })
    await expect(row).toContainText('In force')
    await expect(row).toContainText('Online')
    await row.getByRole('checkbox').click()
  }
  expect.soft(await accessibilityComplaints(page)).toEqual([])
  await page.getByRole('button', { name: 'Show as a table' }).click()
  await page.getByRole('button', { name: 'Show as bars' }).waitFor()
  await expect(page.getByRole('table')).toContainText('Show only these')

  await page.getByRole('button', { name: 'Renew…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Renew credentials' })
  await expect(dialog).toContainText(`1 without updateCredentials (${old.id})`)
  await dialog.getByText('Commission them again').click()
  expect.soft(await accessibilityComplaints(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Renew 2 credentials' }).click()

  const panel = page.getByRole('complementary', { name: 'Renewal of 2 credentials' })
  const outcome = (id: string) => panel.getByRole('listitem').filter({ hasText: id })
  await expect(outcome(node.id)).toContainText('Renewed')
  await expect(outcome(old.id)).toContainText('Reset it first')
  await expect(panel).toContainText('2 of 2: 1 renewed, 1 to commission')
  await expect(panel.getByRole('button', { name: 'Copy the outcome' })).toBeVisible()
  expect.soft(await accessibilityComplaints(page)).toEqual([])

  await outcome(old.id).getByRole('button', { name: 'Go to Commission' }).click()
  await window.heading('Commission').waitFor()
  await expect(page.getByRole('note').filter({ hasText: `Reset ${old.id} first` })).toBeVisible()

  await window.go('Fleet')
  const device = await window.fleet.open(node.id)
  await device.openFunction('read_climate')
  await device.call()
  await expect(device.answer).toContainText('temperature_celsius')
})
