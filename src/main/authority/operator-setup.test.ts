import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { guardDatabase, guardKeychain } from '../../../tests/support/guarded-profile.ts'
import { Tripped, Tripwire } from '../../../tests/support/tripwire.ts'
import { silentLogger } from '../log/logger.ts'
import { openDatabase } from '../storage/database.ts'
import type { AccountPublisher } from './account-publisher.ts'
import { Authority } from './authority.ts'
import { decodeJwt } from './jwt.ts'
import type { Keychain } from './keychain.ts'
import { AUTHORITY_MIGRATIONS } from './migrations.ts'
import { noAudit } from '../../../tests/support/no-audit.ts'

const NO_SERVER: AccountPublisher = {
  maxPayloadBytes: () => 1_048_576,
  publish: () => Promise.reject(new Tripped('no server')),
  withdraw: () => Promise.reject(new Tripped('no server')),
}

let folder: string
let entries: Map<string, string>
let database: DatabaseSync

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-setup-'))
  entries = new Map()
  database = openDatabase(join(folder, 'muster.db'), AUTHORITY_MIGRATIONS).database
})

afterEach(() => {
  if (database.isOpen) database.close()
  rmSync(folder, { recursive: true, force: true })
})

function mapKeychain(): Keychain {
  return {
    get: async (account) => entries.get(account),
    set: async (account, secret) => void entries.set(account, secret),
    delete: async (account) => void entries.delete(account),
  }
}

function authorityOn(keychain: Keychain, on: DatabaseSync): Authority {
  return new Authority({
    audit: noAudit,
    database: on,
    keychain,
    publisher: NO_SERVER,
    log: silentLogger(),
  })
}

test('creates one operator with SYS and REGISTRY, and returns it from then on', async () => {
  const first = await authorityOn(mapKeychain(), database).setUp({ dialect: 'device-connect' })
  const before = new Map(entries)
  const again = await authorityOn(mapKeychain(), database).setUp({ dialect: 'device-connect' })
  expect(again).toEqual(first)
  expect(entries).toEqual(before)
  expect(entries.size).toBe(6)
  const { operatorJwt, systemAccount, accounts } = await authorityOn(
    mapKeychain(),
    database,
  ).bootstrap()
  expect(decodeJwt(operatorJwt)).toMatchObject({
    iss: first.publicKey,
    sub: first.publicKey,
    nats: {
      type: 'operator',
      signing_keys: [first.signingKey],
      system_account: first.systemAccount,
    },
  })
  expect(decodeJwt(systemAccount.jwt).iss).toBe(first.signingKey)
  expect(accounts.map(({ name }) => name)).toEqual(['REGISTRY'])
})

test('says which keys are missing instead of making a second operator', async () => {
  const operator = await authorityOn(mapKeychain(), database).setUp({ dialect: 'device-connect' })
  const kept = new Map(entries)
  entries.clear()
  await expect(
    authorityOn(mapKeychain(), database).setUp({ dialect: 'device-connect' }),
  ).rejects.toMatchObject({ code: 'OPERATOR_KEYS_MISSING', kind: 'rejected' })
  for (const [key, seed] of kept) if (key !== operator.registryAccount) entries.set(key, seed)
  await expect(
    authorityOn(mapKeychain(), database).setUp({ dialect: 'device-connect' }),
  ).rejects.toMatchObject({ code: 'ACCOUNT_KEYS_MISSING' })
})

test('a profile whose database was lost gets no second operator while the keychain holds the first', async () => {
  const open = (place: string, on: DatabaseSync) =>
    new Authority({
      audit: noAudit,
      database: on,
      keychain: mapKeychain(),
      publisher: NO_SERVER,
      log: silentLogger(),
      profileFolder: place,
    })
  const first = await open('/profiles/one', database).setUp({ dialect: 'device-connect' })
  const before = new Map(entries)
  const lost = openDatabase(join(folder, 'new.db'), AUTHORITY_MIGRATIONS).database
  await expect(
    open('/profiles/one', lost).setUp({ dialect: 'device-connect' }),
  ).rejects.toMatchObject({
    code: 'OPERATOR_NOT_RECORDED',
    details: { publicKey: first.publicKey },
  })
  expect(entries).toEqual(before)
  const other = await open('/profiles/two', lost).setUp({ dialect: 'device-connect' })
  expect(other.publicKey).not.toBe(first.publicKey)
  lost.close()
})

test('a profile of an older Muster is marked at its next start', async () => {
  await authorityOn(mapKeychain(), database).setUp({ dialect: 'device-connect' })
  const before = entries.size
  const authority = new Authority({
    audit: noAudit,
    database,
    keychain: mapKeychain(),
    publisher: NO_SERVER,
    log: silentLogger(),
    profileFolder: '/profiles/old',
  })
  await authority.takeUp('keychain')
  expect(entries.size).toBe(before + 1)
  await authority.takeUp('keychain')
  expect(entries.size).toBe(before + 1)
})

test('keys that a crash left behind before the operator was recorded are taken out again', async () => {
  const points = await runUntil(new Tripwire(20, 'crash'))
  expect(points).toBeGreaterThan(5)
  expect(entries.size).toBeGreaterThan(0)
  const authority = authorityOn(mapKeychain(), database)
  expect(await authority.takeUp('keychain')).toMatchObject([{ outcome: 'rolled-back' }])
  expect(entries.size).toBe(0)
  expect(authority.operator()).toBeUndefined()
})

test('refuses another dialect than the operator was made for', async () => {
  await authorityOn(mapKeychain(), database).setUp({ dialect: 'fabric' })
  await expect(
    authorityOn(mapKeychain(), database).setUp({ dialect: 'device-connect' }),
  ).rejects.toMatchObject({ code: 'DIALECT_FIXED', kind: 'conflict' })
})

test('builds nothing on a keychain that forgets', async () => {
  const forgetful: Keychain = { ...mapKeychain(), get: async () => undefined }
  const authority = authorityOn(forgetful, database)
  await expect(authority.setUp({ dialect: 'device-connect' })).rejects.toMatchObject({
    code: 'KEYCHAIN_FORGETS',
  })
  expect(authority.operator()).toBeUndefined()
})

test('two at once on one profile make one operator', async () => {
  const other = openDatabase(join(folder, 'muster.db'), AUTHORITY_MIGRATIONS).database
  const operators = await Promise.all([
    authorityOn(mapKeychain(), database).setUp({ dialect: 'device-connect' }),
    authorityOn(mapKeychain(), other).setUp({ dialect: 'device-connect' }),
  ])
  other.close()
  expect(operators[1]).toEqual(operators[0])
  expect(entries.has(operators[0].publicKey)).toBe(true)
})

test.each(['crash', 'fault'] as const)(
  'converges to one operator whose keys are all kept after a %s at any point',
  async (mode) => {
    const points = await runUntil(new Tripwire(Infinity, mode))
    expect(points).toBeGreaterThan(40)
    const empty = join(folder, 'empty.db')
    openDatabase(empty, AUTHORITY_MIGRATIONS).database.close()
    for (let point = 1; point <= points; point += 1) {
      database.close()
      const path = join(folder, `${point}.db`)
      copyFileSync(empty, path)
      entries = new Map()
      database = openDatabase(path, AUTHORITY_MIGRATIONS).database
      await runUntil(new Tripwire(point, mode))
      // A new process: what was not committed is gone.
      database.close()
      database = openDatabase(path, AUTHORITY_MIGRATIONS).database
      const operator = await authorityOn(mapKeychain(), database).setUp({
        dialect: 'device-connect',
      })
      expect(database.prepare('SELECT count(*) AS n FROM authority_operator').get()).toEqual({
        n: 1,
      })
      const keys = database.prepare('SELECT public_key FROM authority_keys').all()
      expect(keys).toHaveLength(6)
      for (const { public_key } of keys) expect(entries.has(String(public_key))).toBe(true)
      const { operatorJwt } = await authorityOn(mapKeychain(), database).bootstrap()
      expect(decodeJwt(operatorJwt).sub).toBe(operator.publicKey)
    }
  },
  30_000,
)

/** Sets up with that tripwire; returns how many points were passed. */
async function runUntil(wire: Tripwire): Promise<number> {
  const authority = authorityOn(guardKeychain(mapKeychain(), wire), guardDatabase(database, wire))
  await authority.setUp({ dialect: 'device-connect' }).catch((error: unknown) => {
    const cause = error instanceof Error ? (error.cause ?? error) : error
    if (!(cause instanceof Tripped)) throw error
  })
  return wire.passed
}
