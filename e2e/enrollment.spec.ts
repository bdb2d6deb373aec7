import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freeTcpPort } from '../tests/support/free-tcp-port.ts'
import { expect, test } from './support/test.ts'

const execute = promisify(execFile)

test('a token is shown once, its command fetches a collector, and it is revoked by its name', async ({
  muster,
  openWindow,
  deviceFolder,
}) => {
  const { page } = await openWindow(muster)
  await page.evaluate(() => {
    location.hash = '#/bundles/enrollment'
  })
  await page.getByRole('button', { name: 'New token' }).click()
  const dialog = page.getByRole('dialog', { name: 'New enrollment token' })
  await dialog.getByRole('combobox', { name: 'Tenant' }).click()
  await page.getByRole('option').first().click()
  await dialog.getByLabel('Name').fill('collector-1')
  await dialog
    .getByLabel('This computer is reached at')
    .fill(`https://127.0.0.1:${await freeTcpPort()}`)
  await dialog.getByLabel('The package is for this computer').check()
  await dialog.getByRole('button', { name: 'Make the token' }).click()
  const command = (await dialog.locator('code').first().textContent()) ?? ''
  await dialog.getByRole('button', { name: 'Done' }).click()
  await expect(page.locator('body')).not.toContainText('pinnedpubkey')

  // What needs root is left out.
  await execute('sh', ['-c', command.split(' && sudo ')[0] ?? ''], { cwd: deviceFolder })
  expect(await readdir(join(deviceFolder, 'collector-1'))).toContain('install.sh')
  const row = page.getByRole('row', { name: /collector-1/u })
  await expect(row).toContainText('Downloaded')

  await row.click()
  await page.getByRole('button', { name: 'Revoke…' }).click()
  await page.getByLabel('Type collector-1 to confirm').fill('collector-1')
  await page.getByRole('button', { name: 'Revoke', exact: true }).click()
  await expect(row).toContainText('Revoked')
})
