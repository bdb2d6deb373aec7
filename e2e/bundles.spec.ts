import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freeTcpPort } from '../tests/support/free-tcp-port.ts'
import { expect, test } from './support/test.ts'

const execute = promisify(execFile)

const hashOf = (content: Buffer) => createHash('sha256').update(content).digest('hex')

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
  await page.getByRole('combobox', { name: 'Folder', exact: true }).fill(folder)
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

  const saving = page.waitForEvent('download')
  await receipt.getByRole('button', { name: 'Save a copy of farm.zip.age' }).click()
  expect(hashOf(await readFile(await (await saving).path()))).toBe(stdout.slice(0, 64))
  // What is dragged out of a browser is an address, which the browser asks for where it is dropped.
  const dragged = page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        document.addEventListener('dragstart', ({ dataTransfer }) => {
          const told = dataTransfer?.getData('DownloadURL') ?? ''
          if (told !== '') resolve(told)
        })
      }),
  )
  const file = receipt.getByTitle('Drag it out').first()
  await file.dragTo(page.getByRole('heading', { name: 'Bundles' }))
  const [, address = ''] =
    /^application\/octet-stream:farm\.zip\.age:(http.*)$/u.exec(await dragged) ?? []
  const answer = await page.request.get(address)
  expect(hashOf(await answer.body())).toBe(stdout.slice(0, 64))
})

test('a bundle is fetched on the network by a browser, with the code that was read out', async ({
  muster,
  openWindow,
  browser,
}) => {
  const { page } = await openWindow(muster)
  await page.evaluate(() => {
    location.hash = '#/bundles'
  })
  // A Muster that made a bundle before tells how that ended, a moment after the page is there.
  const another = page.getByRole('button', { name: 'Another bundle' })
  await page.addLocatorHandler(another, () => another.click())
  await page.getByRole('combobox', { name: 'Tenant', exact: true }).click()
  await page.getByRole('option').first().click()
  const newDevices = page.getByRole('combobox', { name: 'New devices' })
  await newDevices.fill('pump-lan')
  await newDevices.press('Enter')
  await page.getByLabel('The bundle is for this computer').check()
  await page.getByLabel('I have written it down').check()
  await page.getByRole('radiogroup', { name: 'Where it goes' }).getByText('On the network').click()
  const url = `https://127.0.0.1:${await freeTcpPort()}`
  await page.getByRole('combobox', { name: 'This computer is reached at' }).fill(url)
  await page.getByLabel('Name of the file').fill('lan')
  await page.removeLocatorHandler(another)
  await page.getByRole('button', { name: 'Hand over' }).click()
  const code = await page.getByLabel('Code', { exact: true }).textContent()
  await expect(page.getByText('Waits to be fetched')).toBeVisible()

  const there = await browser.newPage({ ignoreHTTPSErrors: true })
  await there.goto(url)
  await there.getByLabel('Code').fill('AAAA-AAAA')
  await there.getByRole('button', { name: 'Fetch' }).click()
  await expect(there.getByText('This is not the code.')).toBeVisible()
  await expect(page.getByText('A wrong code was shown')).toBeVisible()
  await there.getByLabel('Code').fill((code ?? '').toLowerCase())
  const coming = there.waitForEvent('download')
  await there.getByRole('button', { name: 'Fetch' }).click()
  const download = await coming
  expect(download.suggestedFilename()).toBe('lan.zip.age')
  await expect(page.getByText('1 credential was fetched by 127.0.0.1')).toBeVisible()
  await there.close()
})
