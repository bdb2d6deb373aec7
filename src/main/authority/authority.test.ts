import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { silentLogger } from '../log/logger.ts'
import { openDatabase, type OpenedDatabase } from '../storage/database.ts'
import type { AccountPublisher } from './account-publisher.ts'
import { Authority } from './authority.ts'
import { decodeJwt } from './jwt.ts'
import { AUTHORITY_MIGRATIONS } from './migrations.ts'
import { createNkey } from './nkey.ts'
import { INTERNAL_TTL_MS, type UserRequest } from './user-issue.ts'
import { noAudit } from '../../../tests/support/no-audit.ts'

const DAY_MS = 24 * 60 * 60 * 1000

let folder: string
let opened: OpenedDatabase
let clock: Date
/** What a push waits for; nothing by default. The server itself is in the integration tests. */
let pushed: (signal: AbortSignal) => Promise<void>
let authority: Authority

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-authority-'))
  opened = openDatabase(join(folder, 'muster.db'), AUTHORITY_MIGRATIONS)
  clock = new Date('2026-03-01T12:00:00.250Z')
  pushed = () => Promise.resolve()
  const entries = new Map<string, string>()
  const publisher: AccountPublisher = {
    maxPayloadBytes: () => 1_048_576,
    publish: (_accounts, signal) => pushed(signal),
    withdraw: () => Promise.resolve(),
  }
  authority = new Authority({
    audit: noAudit,
    database: opened.database,
    keychain: {
      get: async (account) => entries.get(account),
      set: async (account, secret) => void entries.set(account, secret),
      delete: async (account) => void entries.delete(account),
    },
    publisher,
    log: silentLogger(),
    now: () => clock,
  })
  await authority.setUp({ dialect: 'device-connect' })
  await authority.createTenant('acme', { isolation: 'account' })
})

afterEach(async () => {
  await authority.close()
  opened.database.close()
  rmSync(folder, { recursive: true, force: true })
})

const consoleUser: UserRequest = {
  account: { tenant: 'acme' },
  role: 'console',
  name: 'console',
  ttlMs: INTERNAL_TTL_MS,
  delivery: 'internal',
}

function device(publicKey = createNkey('user').publicKey): UserRequest {
  return {
    account: { tenant: 'acme' },
    role: 'device',
    name: 'robot',
    deviceId: 'robot',
    publicKey,
    ttlMs: 90 * DAY_MS,
    delivery: 'commissioning',
  }
}

/** Makes pushes never end by themselves, as with a server that stands still; tells of the first. */
function hang(): Promise<void> {
  return new Promise((begun) => {
    pushed = (signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('cancelled')), { once: true })
        begun()
      })
  })
}

test('an issued user is in the ledger with what its JWT says', async () => {
  const request = device()
  const user = await authority.issueUser({
    ...request,
    pendingUntil: new Date('2026-03-01T12:30Z'),
  })
  const claims = decodeJwt(user.jwt)
  expect(claims).toMatchObject({
    sub: request.publicKey,
    name: 'robot',
    iat: 1_772_366_400,
    exp: 1_772_366_400 + 90 * 86_400,
    nats: { type: 'user', issuer_account: user.accountPublicKey, subs: -1, data: -1, payload: -1 },
  })
  const entry = authority.ledger.entry(user.ledgerId)
  expect(entry).toMatchObject({
    publicKey: claims.sub,
    account: user.accountPublicKey,
    tenant: 'acme',
    signingKey: claims.iss,
    issuedAt: new Date(claims.iat * 1000),
    expiresAt: user.expiresAt,
    pendingUntil: new Date('2026-03-01T12:30Z'),
    state: 'pending',
  })
  expect(claims.nats).toMatchObject(entry?.permissions ?? {})
})

test('the ledger tells its listeners, and tells an expired credential from an active one', async () => {
  let calls = 0
  const stop = authority.ledger.subscribe(() => void (calls += 1))
  const user = await authority.issueUser({ ...device(), pendingUntil: clock })
  expect(calls).toBe(1)
  authority.ledger.confirmConnected(user.ledgerId)
  authority.ledger.confirmConnected(user.ledgerId)
  expect(calls).toBe(2)
  expect(authority.ledger.entry(user.ledgerId)?.connectedAt).toEqual(clock)
  const address = { tenant: 'acme', deviceId: 'robot' }
  expect(authority.ledger.credentialsOf(address)).toMatchObject([{ state: 'active' }])
  clock = new Date(clock.getTime() + 90 * DAY_MS)
  expect(authority.ledger.credentialsOf(address)).toMatchObject([{ state: 'expired' }])
  await authority.revoke({ ledgerId: user.ledgerId }, 'x')
  expect(calls).toBe(3)
  stop()
  await authority.issueUser(device())
  expect(calls).toBe(3)
})

test("the app's own connections do not flood the ledger", async () => {
  for (let day = 0; day < 5; day += 1) {
    await authority.issueUser(consoleUser)
    clock = new Date(clock.getTime() + DAY_MS + 1_000)
  }
  const kept = await authority.issueUser(device())
  expect(authority.ledger.entries().map(({ id }) => id)).toEqual([kept.ledgerId])
})

test('own connections get their users while a push hangs; devices wait for it', async () => {
  const hanging = hang()
  const cancel = new AbortController()
  const creation = authority.createTenant('other', { isolation: 'account' }, cancel.signal)
  await hanging
  const user = await authority.issueUser(consoleUser)
  expect(user.inboxPrefix).toBe(`_INBOX_${user.publicKey}`)
  let issued = false
  const waiting = authority.issueUser(device()).then(() => void (issued = true))
  await authority.bootstrap()
  expect(issued).toBe(false)
  pushed = () => Promise.resolve()
  cancel.abort()
  await expect(creation).rejects.toMatchObject({ code: 'PUSH_FAILED' })
  await waiting
})

test('a cancelled creation leaves the tenant pending, without a problem', async () => {
  const hanging = hang()
  const creation = authority.createTenant('other', { isolation: 'account' })
  const failed = expect(creation).rejects.toMatchObject({ code: 'PUSH_FAILED' })
  await hanging
  pushed = () => Promise.resolve()
  await authority.close()
  await failed
  expect(authority.tenants()[1]).toMatchObject({ name: 'other', state: 'pending', problem: null })
  await expect(authority.createTenant('other', { isolation: 'account' })).rejects.toMatchObject({
    code: 'CANCELLED',
  })
})

test('a batch with one bad request issues nothing', async () => {
  await expect(
    authority.issueUsers([device(), { ...device(), publicKey: 'UNOKEY' }]),
  ).rejects.toMatchObject({ code: 'USER_KEY' })
  await expect(
    authority.issueUsers([device(), { ...device(), account: { tenant: 'nobody' } } as UserRequest]),
  ).rejects.toMatchObject({ code: 'TENANT_UNKNOWN' })
  expect(authority.ledger.entries()).toEqual([])
})

test('without an operator everything says what to do first', async () => {
  const empty = openDatabase(join(folder, 'empty.db'), AUTHORITY_MIGRATIONS).database
  const fresh = new Authority({
    audit: noAudit,
    database: empty,
    keychain: {
      get: async () => undefined,
      set: async () => undefined,
      delete: async () => undefined,
    },
    publisher: {
      maxPayloadBytes: () => 0,
      publish: () => Promise.resolve(),
      withdraw: () => Promise.resolve(),
    },
    log: silentLogger(),
  })
  const code = expect.objectContaining({ code: 'AUTHORITY_NOT_SET_UP' }) as Error
  expect(fresh.operator()).toBeUndefined()
  await expect(fresh.bootstrap()).rejects.toThrow(code)
  await expect(fresh.createTenant('acme', { isolation: 'account' })).rejects.toThrow(code)
  await expect(fresh.issueUser(consoleUser)).rejects.toThrow(code)
  empty.close()
})
