import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AuditLine } from '#shared/contract/audit.ts'
import { AuditAnchor } from '../../../src/main/audit/audit-anchor.ts'
import { AuditLog } from '../../../src/main/audit/audit-log.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { liftProtection } from '../../support/audit-database.ts'
import { startDeployment, type Deployment } from '../authority/support/deployment.ts'
import { NEVER } from '#shared/never.ts'

const DAY_MS = 86_400_000
const VERIFIER = resolve(import.meta.dirname, '../../../scripts/verify-audit-log.mjs')
const EVERYTHING = {
  action: null,
  result: null,
  key: null,
  text: '',
  from: null,
  to: null,
  beginnings: true,
} as const

let deployment: Deployment
let log: AuditLog
let exported = ''
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-audit-'))
  deployment = await startDeployment()
  const anchor = new AuditAnchor(deployment.keychain, folder)
  await anchor.write({ ...deployment.audit.head(), checked: null })
  log = new AuditLog({
    database: deployment.database,
    trail: deployment.audit,
    anchor,
    saveFile: async ({ content }) => {
      exported = String(content)
      return { type: 'cancelled' }
    },
    log: silentLogger(),
  })
})

afterAll(async () => {
  await log.close()
  await deployment.close()
  await rm(folder, { recursive: true, force: true })
})

/** What was written since entry `after`, oldest first. */
function since(after: number): AuditLine[] {
  const { lines } = log.list({ filter: EVERYTHING, before: null, limit: 500 })
  return lines.filter(({ seq }) => seq > after).toReversed()
}

const brief = ({ action, result, subject }: AuditLine) => `${action} ${result} ${subject}`

function device(name: string) {
  return {
    account: { tenant: 'north' },
    role: 'device',
    name,
    deviceId: name,
    ttlMs: DAY_MS,
    delivery: 'file',
  } as const
}

test('making an operator is in the log: each of its keys, and what they signed', () => {
  const lines = since(0)
  const operator = deployment.authority.operator()
  const created = lines.filter(({ action, result }) => action === 'key-create' && result === 'done')
  expect(created.map(({ key }) => key)).toEqual(
    expect.arrayContaining([operator?.publicKey, operator?.signingKey]),
  )
  expect(created.map(({ subject }) => subject)).toContain('identity key of operator muster')
  expect(lines.map(brief)).toContain('operator-create done operator muster')
  expect(lines).toContainEqual(
    expect.objectContaining({ action: 'operator-create', key: operator?.publicKey, user: 'kim' }),
  )
})

test('a tenant, a credential and its revocation each leave who, which key, on what, why and the result', async () => {
  const { authority, audit } = deployment
  let seen = audit.head().seq
  await authority.createTenant('north', { isolation: 'account' }, NEVER)
  const account = authority.tenants()[0]?.account ?? ''
  const creation = since(seen)
  expect(creation.map(brief)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^key-create done identity key of account north/u),
      `account-create done north ${account}`,
    ]),
  )

  seen = audit.head().seq
  const user = await authority.issueUser(device('pump-1'))
  const [begun, done] = since(seen)
  expect([begun, done]).toMatchObject([
    { action: 'credential-issue', result: 'begun', interrupted: false },
    { action: 'credential-issue', result: 'done', subject: user.publicKey, begun: begun?.seq },
  ])
  const row = authority.ledger.entry(user.ledgerId)
  expect(done?.key).toBe(row?.signingKey)
  expect(done?.reason).toContain('pump-1')

  seen = audit.head().seq
  await authority.revoke({ publicKey: user.publicKey }, 'Stolen from the hall.', NEVER)
  expect(since(seen)).toMatchObject([
    { action: 'credential-revoke', result: 'begun', key: authority.operator()?.signingKey },
    { action: 'credential-revoke', result: 'done', reason: 'Stolen from the hall.' },
  ])
})

test('a push that fails leaves its beginning and its failure, with the code of the error', async () => {
  const { authority, audit, publisher } = deployment
  const user = await authority.issueUser(device('pump-2'))
  const seen = audit.head().seq
  publisher.around = () => Promise.reject(new Error('the wire broke'))
  try {
    await expect(authority.revoke({ publicKey: user.publicKey }, 'Lost.', NEVER)).rejects.toThrow()
  } finally {
    publisher.around = (request) => request()
  }
  const lines = since(seen).filter(({ action }) => action === 'credential-revoke')
  expect(lines).toMatchObject([{ result: 'begun' }, { result: 'failed', code: 'PUSH_FAILED' }])
  expect(JSON.stringify(lines)).not.toContain('the wire broke')
})

test('where the log can not be written, no key signs', async () => {
  const { authority, database } = deployment
  const before = authority.ledger.entries().length
  database.exec(
    "CREATE TRIGGER full BEFORE INSERT ON audit_entries BEGIN SELECT RAISE(ABORT, 'disk full'); END",
  )
  try {
    await expect(authority.issueUser(device('pump-3'))).rejects.toThrow()
  } finally {
    database.exec('DROP TRIGGER full')
  }
  expect(authority.ledger.entries()).toHaveLength(before)
})

test('a thousand credentials leave an entry each, in one chain', async () => {
  const { authority, audit } = deployment
  const seen = audit.head().seq
  const users = await authority.issueUsers(
    Array.from({ length: 1_000 }, (_, index) => device(`bulk-${index}`)),
  )
  expect(audit.head().seq).toBe(seen + 1_001)
  const last = since(seen + 501).map(({ subject }) => subject)
  expect(last).toEqual(users.slice(-500).map(({ publicKey }) => publicKey))
  expect(await log.verify()).toMatchObject({ state: 'sound', checkedFrom: 1 })
})

test('no seed and no JWT is anywhere in the log', async () => {
  await log.export()
  expect(exported.split('\n').length).toBeGreaterThan(1_000)
  for (const [account, secret] of deployment.keychain.entries) {
    if (!account.startsWith('audit-head')) expect(exported).not.toContain(secret)
  }
  expect(exported).not.toMatch(/S[OAU][A-Z2-7]{56}/u)
  expect(exported).not.toContain('eyJ')
})

/** The stand-alone verifier on a text; its exit code and what it prints. */
async function verifyAlone(text: string): Promise<{ code: number; output: string }> {
  const path = join(folder, 'export.jsonl')
  await writeFile(path, text)
  return new Promise((done) => {
    execFile(process.execPath, [VERIFIER, path], (error, stdout, stderr) =>
      done({ code: error === null ? 0 : 1, output: stdout + stderr }),
    )
  })
}

test('the export is verified without Muster, down to the hash that Muster shows', async () => {
  await log.export()
  const { entries, head } = log.status()
  const { code, output } = await verifyAlone(exported)
  expect(output).toContain(`${entries} entries, last hash ${head}`)
  expect(code).toBe(0)
  const lines = exported.split('\n')
  const edited = lines.with(4, (lines[4] ?? '').replace('"reason":"', '"reason":"not '))
  expect(await verifyAlone(edited.join('\n'))).toMatchObject({
    code: 1,
    output: expect.stringContaining('entry 5: its text was changed'),
  })
  expect(await verifyAlone(lines.toSpliced(7, 2).join('\n'))).toMatchObject({
    code: 1,
    output: expect.stringContaining('entries are missing'),
  })
})

test('an entry that was edited in the database is shown, and so is it in the export', async () => {
  const { database } = deployment
  liftProtection(database)
  database.exec("UPDATE audit_entries SET body = replace(body, 'Stolen', 'Tested')")
  const { state, breaks } = await log.verify()
  expect({ state, kinds: [...new Set(breaks.map(({ kind }) => kind))] }).toEqual({
    state: 'broken',
    kinds: ['altered'],
  })
  await log.export()
  expect(await verifyAlone(exported)).toMatchObject({ code: 1 })
})
