import { encodeJwt } from '../src/main/authority/jwt.ts'
import { createNkey } from '../src/main/authority/nkey.ts'
import { signerOf } from '../src/main/authority/signer.ts'
import { accessibilityComplaints } from './support/accessibility.ts'
import { expect, test } from './support/test.ts'

const DAY_SECONDS = 86_400

test('a credential of another deployment is told apart, whatever happened to its file', async ({
  window,
}) => {
  const { page } = window
  const account = createNkey('account')
  const user = createNkey('user')
  const now = Math.floor(Date.now() / 1000)
  const jwt = encodeJwt(
    {
      name: 'pump-1',
      subject: user.publicKey,
      type: 'user',
      nats: { pub: { allow: ['plant.>'] }, sub: { allow: ['plant.>'] } },
      issuedAt: now - 3 * DAY_SECONDS,
      expiresAt: now - DAY_SECONDS,
    },
    signerOf(account.seed),
  )
  const creds = `-----BEGIN NATS USER JWT-----\n${jwt}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${user.seed}\n------END USER NKEY SEED------\n`
  const findings = page.getByRole('list', { name: 'Findings' })
  await window.go('Credentials')
  await page.getByRole('link', { name: 'Access doctor' }).click()

  await test.step('a file as PowerShell writes it is read, and every cause named', async () => {
    await page.locator('input[type=file]').setInputFiles({
      name: 'pump-1.creds',
      mimeType: 'text/plain',
      buffer: Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(creds, 'utf16le')]),
    })
    await expect(findings).toContainText('The file is encoded as UTF-16')
    await expect(findings).toContainText('It has expired')
    await expect(findings).toContainText('Nobody here knows its account')
  })

  await test.step('a subject is asked about', async () => {
    await page.getByLabel('Subject').fill('plant.pump-1.cmd')
    await page.getByRole('button', { name: 'Check', exact: true }).click()
    await expect(page.getByText('Allowed by “plant.>”.')).toBeVisible()
    expect.soft(await accessibilityComplaints(page)).toEqual([])
  })

  await test.step('the server refuses it, as was said', async () => {
    await page.getByRole('button', { name: 'Try to log in…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Log in' }).click()
    await expect(findings).toContainText('The server refused it, as was to be expected')
  })

  await test.step('a text that was cut says so, and what was pasted is gone', async () => {
    await page.getByRole('button', { name: 'Another credential' }).click()
    expect.soft(await accessibilityComplaints(page)).toEqual([])
    await page.getByLabel('Or paste its text').fill(creds.slice(0, 300))
    await page.getByRole('button', { name: 'Look at it' }).click()
    await expect(findings).toContainText('The file is cut off')
    expect(await page.content()).not.toContain(jwt.slice(0, 60))
  })
})
