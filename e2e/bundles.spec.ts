import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from './support/test.ts'

const execute = promisify(execFile)

test('a tenant is handed over sealed, opened again, and its receipt is kept', async ({
  muster,
  openWindow,
  deviceFolder,
}) => {
  const { page } = await openWindow(muster)
  await page.evaluate(() => {
    location.hash = '#/bundles'
  })
  const folder = join(deviceFolder, 'stick')
  await page.getByRole('combobox', { name: 'Tenant', exact: true }).click()
  await page.getByRole('option').first().click()
  const newDevices = page.getByRole('combobox', { name: 'New devices' })
  for (const name of ['pump-1', 'pump-2']) {
    await newDevices.fill(name)
    await newDevices.press('Enter')
  }
  await expect(page.getByText('2 new, with new keys')).toBeVisible()
  await page.getByLabel('The bundle is for this computer').check()
  const passphrase = (await page.locator('code').first().textContent()) ?? ''
  expect(passphrase).toMatch(/^(?:[a-z]{5}-){4}[a-z]{5}$/u)
  await page.getByLabel('I have written it down').check()
  await page.getByRole('radiogroup', { name: 'Where it goes' }).getByText('Folder').click()
  await page.getByRole('textbox', { name: 'Folder', exact: true }).fill(folder)
  await page.getByLabel('Name of the file').fill('farm')
  await page.getByRole('button', { name: 'Hand over' }).click()
  await expect(page.getByText('2 credentials were written, read back and compared')).toBeVisible()
  expect((await readdir(folder)).toSorted()).toEqual([
    'farm.README.txt',
    'farm.zip.age',
    'open-farm.html',
    'open-farm.sh',
  ])

  await page.getByRole('link', { name: 'Open', exact: true }).click()
  await page.getByLabel('File or folder').fill(join(folder, 'farm.zip.age'))
  await page.getByRole('button', { name: 'Open', exact: true }).click()
  await expect(page.getByText('The bundle is sealed.')).toBeVisible()
  await page.getByLabel('Passphrase or key').fill(passphrase)
  await page.getByRole('button', { name: 'Open', exact: true }).click()
  await expect(page.getByText('Genuine, made with this profile’s operator key')).toBeVisible()

  await page.getByLabel('Folder to search').fill(folder)
  await page.getByRole('button', { name: 'Search', exact: true }).click()
  await expect(page.getByText('handed over by this profile')).toBeVisible()

  await page.getByRole('link', { name: 'Receipts' }).click()
  await page.getByRole('row', { name: /farm/u }).click()
  const receipt = page.getByRole('complementary', { name: 'Receipt of farm' })
  const { stdout } = await execute('sha256sum', [join(folder, 'farm.zip.age')])
  await expect(receipt.getByText(stdout.slice(0, 64))).toBeVisible()
})
