import { execFileSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { accessibilityComplaints } from './support/accessibility.ts'
import { expect, test } from './support/test.ts'

const VERIFIER = resolve(import.meta.dirname, '../scripts/verify-audit-log.mjs')

test('what was done with a key stands in the log, which can be verified here and elsewhere', async ({
  window,
  devices,
  deviceFolder,
  host,
}) => {
  const sensor = await devices.unbox({ kind: 'soil-sensor' })
  await window.commission.commission(sensor.id, sensor.pin)
  const { page } = window
  await window.go('Audit')
  const state = page.getByRole('status', { name: 'State of the chain' })
  const grid = page.getByRole('grid', { name: 'Entries of the audit log' })
  const issued = grid.getByRole('row').filter({ hasText: 'Credential issued' })

  await test.step('the credential that was issued is found, with who, why and which key', async () => {
    await page.getByLabel('Search the log').fill(sensor.id)
    await issued.first().click()
    const details = page.getByRole('complementary', { name: /^Entry/u })
    await expect(details).toContainText(sensor.id)
    await expect(details).toContainText('Done')
    expect.soft(await accessibilityComplaints(page)).toEqual([])
    await details.getByRole('button', { name: 'All its uses' }).click()
    await expect(page.getByText(/^Key A/u)).toBeVisible()
    await details.getByRole('button', { name: 'Close details' }).click()
  })

  await test.step('the whole chain is checked', async () => {
    await page.getByRole('button', { name: 'Verify now' }).click()
    await expect(state).toContainText('Unbroken')
    await expect(state).toContainText('all checked')
  })

  // Electron asks for a place in a dialog of the system.
  if (host !== 'browser') return
  await test.step('its export is verified without Muster', async () => {
    const downloading = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export' }).click()
    const path = join(deviceFolder, 'audit.jsonl')
    await (await downloading).saveAs(path)
    expect(execFileSync(process.execPath, [VERIFIER, path], { encoding: 'utf8' })).toContain(
      'The chain is unbroken.',
    )
  })
})
