import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Revocation } from '#shared/contract/credentials.ts'
import { osDenied } from '../../../src/main/keychain/errors.ts'
import { KeychainService } from '../../../src/main/keychain/keychain-service.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { CHEAP_SCRYPT } from '../../support/cheap-scrypt.ts'
import type { IssuedUser } from '../../../src/main/authority/user-issue.ts'
import { until } from '../../support/until.ts'
import { seen, startSite, type CredentialsSite } from './support/site.ts'
import { NEVER } from '#shared/never.ts'

const PASSPHRASE = 'correct horse battery'

let site: CredentialsSite
beforeAll(async () => {
  site = await startSite()
})
afterAll(() => site.close())

let user: IssuedUser
let count = 0
beforeEach(async () => {
  count += 1
  user = await site.issue(`device-${count}`)
})

const target = () => ({ type: 'credentials' as const, ids: [user.ledgerId] })
const stateOf = () => site.service.details(user.ledgerId).credential.state

function begin(): Revocation {
  const [revocation] = site.service.revoke(target(), 'It was stolen.')
  if (revocation === undefined) throw new Error('nothing was begun')
  return revocation
}

const is = (state: Revocation['state']) => (revocation: Revocation) => revocation.state === state

async function expectWorks(): Promise<void> {
  const connection = await site.connectAs(user)
  await connection.flush()
  await connection.close()
}

test('while the servers can not be reached it waits, says so, and can be called off', async () => {
  const { connection } = site.publisher
  site.publisher.connection = undefined
  try {
    const impact = await site.service.impact(target(), NEVER)
    expect(impact.connected).toBeNull()
    expect(impact.connectedProblem?.code).toBe('MESH_NOT_CONNECTED')
    const { id } = begin()
    const waiting = await seen(site.service, id, is('waiting'))
    expect(waiting).toMatchObject({ canCancel: true, problem: { code: 'MESH_NOT_CONNECTED' } })
    expect(stateOf()).toBe('revoking')
    expect((await site.service.cancel(id)).state).toBe('cancelled')
    expect(stateOf()).toBe('active')
    expect(site.authority.procedures.unfinished()).toEqual([])
  } finally {
    site.publisher.connection = connection
  }
  await expectWorks()
  expect((await site.revoke(target())).evidence.verdict).toBe('proven')
})

test('what waited is carried out once the servers are there again', async () => {
  const { connection } = site.publisher
  site.publisher.connection = undefined
  const { id } = begin()
  await seen(site.service, id, is('waiting'))
  const { procedures } = site.authority
  await until('it to rest', () => procedures.unfinished().every(({ running }) => !running))
  site.publisher.connection = connection
  // As the mesh session does at each connect.
  await procedures.takeUp('mesh', NEVER)
  const done = await seen(site.service, id, is('done'))
  expect(done.evidence.verdict).toBe('proven')
  expect(stateOf()).toBe('revoked')
  await expect(site.service.cancel(id)).rejects.toMatchObject({ code: 'REVOCATION_SENT' })
})

test('a push whose answer is lost leaves ledger and server agreeing, and is tried again', async () => {
  let failures = 1
  site.publisher.around = async (request) => {
    const answer = await request()
    if (failures === 0) return answer
    failures -= 1
    throw new Error('the server went away')
  }
  const { id } = begin()
  const waiting = await seen(site.service, id, is('waiting'))
  site.publisher.around = (request) => request()
  expect(waiting.problem?.code).toBe('PUSH_FAILED')
  expect(site.authority.ledger.entry(user.ledgerId)?.state).toBe('active')
  await expectWorks()
  site.service.retry(id)
  expect((await seen(site.service, id, is('done'))).evidence.verdict).toBe('proven')
})

test('where the keychain is denied nothing changes, and it can be tried again', async () => {
  const get = site.keychain.get.bind(site.keychain)
  site.keychain.get = () => Promise.reject(osDenied())
  const { id } = begin()
  const failed = await seen(site.service, id, is('failed'))
  site.keychain.get = get
  expect(failed.problem?.code).toBe('KEYCHAIN_DENIED')
  expect(stateOf()).toBe('active')
  await expectWorks()
  expect((await site.revoke(target())).state).toBe('done')
})

test('while the keychain is locked nothing changes, and unlocked it goes through', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-locked-'))
  const openVault = async () => {
    const vault = new KeychainService({
      folder,
      packaged: false,
      log: silentLogger(),
      vaultCost: CHEAP_SCRYPT,
      os: { loadBinding: () => Promise.reject(new Error('There is none.')) },
    })
    await vault.open()
    return vault
  }
  const first = await openVault()
  await first.createVault(PASSPHRASE)
  for (const [account, secret] of site.keychain.entries) await first.set(account, secret)
  await first.close()
  const vault = await openVault()
  const get = site.keychain.get.bind(site.keychain)
  site.keychain.get = (account) => vault.get(account)
  const account = site.authority.ledger.entry(user.ledgerId)?.account ?? ''
  const before = await site.publisher.lookUp(account)
  const device = await site.connectAs(user)
  try {
    const { id } = begin()
    const failed = await seen(site.service, id, is('failed'))
    expect(failed.problem).toMatchObject({
      code: 'KEYCHAIN_LOCKED',
      message: expect.stringContaining('locked'),
      advice: expect.stringMatching(/passphrase/iu),
    })
    expect(failed.revokedAt).toBeNull()
    expect(stateOf()).toBe('active')
    expect(await site.publisher.lookUp(account)).toBe(before)
    expect(site.authority.procedures.unfinished()).toEqual([])
    await device.flush()
    await vault.unlock(PASSPHRASE)
    const done = await site.revoke(target())
    expect(done.evidence).toMatchObject({ verdict: 'proven', connectedBefore: 1 })
    await device.closed()
    expect(stateOf()).toBe('revoked')
  } finally {
    site.keychain.get = get
    await vault.close()
    await rm(folder, { recursive: true })
  }
})

test('on a full disk nothing is begun', async () => {
  const { database } = site
  const pages = Number(database.prepare('PRAGMA page_count').get()?.['page_count'])
  database.exec(`PRAGMA max_page_count = ${pages}`)
  try {
    // More than what is left of the pages there are.
    const reason = 'x'.repeat(8_000_000)
    expect(() => site.service.revoke(target(), reason)).toThrow(
      expect.objectContaining({ code: 'DISK_FULL' }) as Error,
    )
  } finally {
    database.exec('PRAGMA max_page_count = 1073741823')
  }
  expect(stateOf()).toBe('active')
  expect(site.service.details(user.ledgerId).revocations).toEqual([])
  await expectWorks()
  expect((await site.revoke(target())).state).toBe('done')
})

test('a server that does not enforce what it was sent is found out', async () => {
  const connection = await site.connectAs(user)
  const publish = site.publisher.publish.bind(site.publisher)
  site.publisher.publish = () => Promise.resolve()
  try {
    const { id } = begin()
    const done = await seen(site.service, id, is('done'))
    expect(done.evidence).toMatchObject({ verdict: 'contradicted', connectedAfter: 1 })
    expect(done.evidence.probe?.revokedKey).toBe('let-in')
    await connection.flush()
  } finally {
    site.publisher.publish = publish
  }
})
