import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { expect, test } from './support/test.ts'

const PAGE = pathToFileURL(join(import.meta.dirname, '..', 'out', 'opener', 'open.html')).href

test('the page beside a bundle opens it in a browser, without a network', async ({
  page,
  deviceFolder,
}) => {
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  const identity = await generateX25519Identity()
  const bundle = async (name: string, encrypter: Encrypter) => {
    const path = join(deviceFolder, name)
    await writeFile(path, await encrypter.encrypt(`what is in ${name}`))
    return path
  }
  const closed = new Encrypter()
  closed.setPassphrase('a barge of slow lamps')
  closed.setScryptWorkFactor(10)
  const byPassphrase = await bundle('farm.zip.age', closed)
  const forKim = new Encrypter()
  forKim.addRecipient(await identityToRecipient(identity))
  const byKey = await bundle('kim.tar.gz.age', forKim)
  const keyFile = join(deviceFolder, 'key.txt')
  await writeFile(keyFile, `# created: today\n${identity}\n`)

  const saved = async (name: string) => {
    const coming = page.waitForEvent('download')
    await page.getByRole('link', { name: `Save ${name}` }).click()
    const path = join(deviceFolder, name)
    await (await coming).saveAs(path)
    return path
  }
  await page.goto(PAGE)
  await page.getByLabel('Bundle').setInputFiles(byPassphrase)
  await page.getByLabel(/^Passphrase/u).fill('a barge of slow lamp')
  await page.getByRole('button', { name: 'Open' }).click()
  await expect(page.getByText('It does not open with this.')).toBeVisible()
  await page.getByLabel(/^Passphrase/u).fill('a barge of slow lamps')
  await page.getByRole('button', { name: 'Open' }).click()
  expect(await textOf(await saved('farm.zip'))).toBe('what is in farm.zip.age')

  await page.getByLabel('Bundle').setInputFiles(byKey)
  await page.getByLabel('Or the file of your secret key').setInputFiles(keyFile)
  await page.getByRole('button', { name: 'Open' }).click()
  expect(await textOf(await saved('kim.tar.gz'))).toBe('what is in kim.tar.gz.age')
  expect(asked.filter((url) => !/^(?:file|blob):/u.test(url))).toEqual([])
  expect(complaints).toEqual([])
})

function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8')
}
