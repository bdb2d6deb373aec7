import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { accessibilityComplaints } from './support/accessibility.ts'
import { expect, test } from './support/test.ts'

const PASSPHRASE = 'four grey herons wade'
const NEXT_PASSPHRASE = 'five brown owls doze'
const LAST_PASSPHRASE = 'six green frogs leap'

test.use({ keys: 'vault' })

test('the passphrase of the vault is changed; once forgotten, the recovery kit brings the keys into a new vault', async ({
  bareMuster,
  openWindow,
  deviceFolder,
}) => {
  const window = await openWindow(bareMuster)
  const { page, firstRun } = window
  await firstRun.chooseLocalMesh()
  await firstRun.createVault(PASSPHRASE)
  await firstRun.createMesh('greenhouse')
  await firstRun.leave()

  await window.go('Settings')
  await page.getByRole('button', { name: 'Change passphrase…' }).click()
  const dialog = page.getByRole('dialog')
  expect.soft(await accessibilityComplaints(page)).toEqual([])
  await change(page, 'not the present one')
  await expect(dialog.getByRole('alert')).toContainText('does not open the vault')
  await change(page, PASSPHRASE)
  await dialog.getByText('The vault has its new passphrase').waitFor()
  await dialog.getByRole('button', { name: 'Close' }).last().click()

  // Sealed to a key, since stretching a passphrase is shown elsewhere.
  const identity = await generateIdentity()
  const recipient = await identityToRecipient(identity)
  await page.evaluate(() => {
    location.hash = '#/keys/recovery'
  })
  await page.getByRole('button', { name: 'Make a kit…' }).last().click()
  await dialog.getByText('Keys of people').click()
  await dialog.getByLabel('Public keys of age').fill(recipient)
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('button', { name: 'Make the kit' }).click(),
  ])
  const kit = join(deviceFolder, download.suggestedFilename())
  await download.saveAs(kit)

  await bareMuster.crash()
  await bareMuster.start()
  const again = await openWindow(bareMuster)
  await again.firstRun.unlock.waitFor()
  await again.firstRun.unlockVault(PASSPHRASE)
  await expect(again.page.getByRole('alert')).toContainText('passphrase')
  await again.page.getByRole('button', { name: /^Start over/u }).click()
  await expect(again.page.getByRole('dialog')).toContainText('The recovery kit brings them back')
  expect.soft(await accessibilityComplaints(again.page)).toEqual([])
  const start = again.page.getByRole('button', { name: 'Start over', exact: true })
  await expect(start).toBeDisabled()
  await again.page.getByLabel(/^Type .* to confirm/u).fill('muster')
  await start.click()
  await again.firstRun.createVault(LAST_PASSPHRASE)

  await again.heading('Commission').waitFor()
  await again.page.evaluate(() => {
    location.hash = '#/keys/recovery'
  })
  await again.page.getByText('The keychain holds no key of this deployment').waitFor()
  await again.page.getByRole('button', { name: 'Bring them back…' }).click()
  const [chooser] = await Promise.all([
    again.page.waitForEvent('filechooser'),
    again.page.getByLabel('Kit file').click(),
  ])
  await chooser.setFiles(kit)
  await again.page.getByLabel('Passphrase', { exact: true }).last().fill(identity)
  await again.page.getByRole('button', { name: 'Bring back', exact: true }).click()
  await again.page.getByText('in the keychain of this computer again').waitFor()
  await again.page.getByRole('button', { name: 'Close' }).last().click()
  await again.mesh('Connected').waitFor()
  const made = await bareMuster.through((client) => client.tenants.create({ name: 'orchard' }))
  expect(made.state).toBe('ready')

  // Whoever remembers the passphrase after all finds the old vault beside the new one; while a vault
  // is written there is one more.
  const vaults = async () =>
    (await readdir(bareMuster.profile)).filter((name) => name.includes('.vault'))
  await expect.poll(vaults).toHaveLength(2)
})

async function change(page: Page, present: string): Promise<void> {
  await page.getByLabel('Present passphrase').fill(present)
  await page.getByLabel('New passphrase').fill(NEXT_PASSPHRASE)
  await page.getByLabel('Repeat the passphrase').fill(NEXT_PASSPHRASE)
  await page.getByRole('button', { name: 'Change it' }).click()
}
