import { expect, test } from 'vitest'
import type { ExpiryFilter } from '#shared/contract/renewal.ts'
import type { LedgerEntry } from '../authority/ledger.ts'
import { issued, renewalDatabase } from '../../../tests/support/renewal-database.ts'
import { calendarOf } from './calendar.ts'
import { ExpiryStore } from './expiry-store.ts'
import { dueAt, statusOf } from './life.ts'
import { RENEWAL_MIGRATIONS } from './migrations.ts'

const NOW = new Date('2030-03-10T22:30:00.000Z')
const ALL: ExpiryFilter = { tenant: null, status: 'all', search: '', from: null, until: null }
const PAGE = { offset: 0, limit: 100 }

function storeWith(...entries: readonly LedgerEntry[]): ExpiryStore {
  const { database, ledger } = renewalDatabase(() => NOW)
  ledger.add(entries)
  return new ExpiryStore(database)
}

const idsOf = (store: ExpiryStore, filter: Partial<ExpiryFilter> = {}) =>
  store.page({ ...ALL, ...filter }, NOW, PAGE).rows.map(({ id }) => id)

test('a credential is due for the last fifth of its lifetime, to the millisecond', () => {
  const life = { issuedAt: new Date(0), expiresAt: new Date(100_000) }
  expect(dueAt(life)).toEqual(new Date(80_000))
  expect(statusOf(life, new Date(79_999))).toBe('ok')
  expect(statusOf(life, new Date(80_000))).toBe('due')
  expect(statusOf(life, new Date(99_999))).toBe('due')
  expect(statusOf(life, new Date(100_000))).toBe('expired')
})

test('counts say the same as each credential, at every moment of a life', () => {
  for (const ageDays of [0, 79.99, 80, 99.99, 100, 129, 131]) {
    const entry = issued('one', NOW, ageDays, 100)
    const counts = storeWith(entry).counts(null, NOW)
    const status = statusOf(entry, NOW)
    expect(counts).toEqual({
      total: 1,
      ok: Number(status === 'ok'),
      due: Number(status === 'due'),
      expired: Number(status === 'expired'),
      expiredLately: Number(status === 'expired' && ageDays <= 130),
    })
  }
})

test('the soonest to expire comes first, and filters narrow it down', () => {
  const store = storeWith(
    issued('ok', NOW, 1, 90),
    issued('due', NOW, 85, 90),
    issued('gone', NOW, 95, 90, { tenant: 'other' }),
    issued('100%_sure', NOW, 2, 90),
  )
  expect(idsOf(store)).toEqual(['gone', 'due', '100%_sure', 'ok'])
  expect(idsOf(store, { tenant: 'other' })).toEqual(['gone'])
  expect(idsOf(store, { status: 'due' })).toEqual(['due'])
  expect(idsOf(store, { status: 'expired' })).toEqual(['gone'])
  expect(idsOf(store, { search: '0%_' })).toEqual(['100%_sure'])
  expect(idsOf(store, { search: '_' })).toEqual(['100%_sure'])
  const until = new Date(NOW.getTime() + 10 * 24 * 3_600_000).toISOString()
  expect(idsOf(store, { from: NOW.toISOString(), until })).toEqual(['due'])
})

test('only the newest credential of a device counts, also where its key or role changed', () => {
  const key = 'U'.padEnd(56, 'Q')
  const store = storeWith(
    issued('first', NOW, 80, 90, { deviceId: 'pump' }),
    issued('second', NOW, 5, 90, { deviceId: 'pump', publicKey: key, role: 'device-own' }),
    issued('elsewhere', NOW, 80, 90, { deviceId: 'pump', tenant: 'other' }),
  )
  expect(idsOf(store)).toEqual(['elsewhere', 'second'])
})

test('a renewal that nobody connected with yet leaves the old one in its place', () => {
  const pending = { state: 'pending', delivery: 'mesh', deviceId: 'pump' } as const
  const store = storeWith(
    issued('old', NOW, 85, 90, { deviceId: 'pump' }),
    issued('new', NOW, 0, 90, pending),
    issued('fresh', NOW, 0, 90, { state: 'pending', deviceId: 'valve' }),
  )
  expect(idsOf(store)).toEqual(['old', 'fresh'])
})

test("the app's own connections, what was struck and what was revoked do not count", () => {
  const store = storeWith(
    issued('internal', NOW, 0, 1, { delivery: 'internal', role: 'console', deviceId: null }),
    issued('system', NOW, 0, 1, { delivery: 'file', role: 'system', deviceId: null }),
    issued('struck', NOW, 0, 90, { state: 'struck' }),
    issued('revoked', NOW, 0, 90, { state: 'revoked' }),
    issued('console', NOW, 0, 90, { delivery: 'file', role: 'console', deviceId: null }),
  )
  expect(idsOf(store)).toEqual(['console'])
})

test('the calendar has each day of the zone of the person once, and what comes after', () => {
  const hours = (count: number) => count / 24
  const store = storeWith(
    issued('soon', NOW, 0, hours(1)),
    issued('after midnight in Rome', NOW, 0, hours(2)),
    issued('tomorrow', NOW, 9, 10.5),
    issued('later', NOW, 0, 40),
    issued('gone', NOW, 20, 10),
  )
  const utc = calendarOf(store, { tenant: null, days: 3, utcOffsetMinutes: 0 }, NOW)
  expect(utc.days).toEqual([
    { date: '2030-03-10', count: 1, due: 0 },
    { date: '2030-03-11', count: 1, due: 0 },
    { date: '2030-03-12', count: 1, due: 1 },
  ])
  expect(utc).toMatchObject({ later: 1, total: 5, expired: 1 })
  const rome = calendarOf(store, { tenant: null, days: 2, utcOffsetMinutes: 60 }, NOW)
  expect(rome.days).toEqual([
    { date: '2030-03-10', count: 0, due: 0 },
    { date: '2030-03-11', count: 2, due: 0 },
  ])
})

test('the next change is the next moment at which one becomes due or expires', () => {
  const store = storeWith(issued('due', NOW, 85, 90), issued('ok', NOW, 79, 100))
  expect(store.nextChange(NOW)).toEqual(new Date(NOW.getTime() + 24 * 3_600_000))
  const later = new Date(NOW.getTime() + 2 * 24 * 3_600_000)
  expect(store.nextChange(later)).toEqual(new Date(NOW.getTime() + 5 * 24 * 3_600_000))
  expect(store.nextChange(new Date(NOW.getTime() + 300 * 24 * 3_600_000))).toBeUndefined()
})

/** Numbers from 0 to 1, always the same ones. */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/** What is in force by its definition, credential by credential; in the order of the ledger. */
function inForceAmong(entries: readonly LedgerEntry[]): string[] {
  const open = entries.filter(
    ({ state, delivery }) => (state === 'active' || state === 'pending') && delivery !== 'internal',
  )
  return open
    .filter((one, place) => {
      const others = open.filter((other) =>
        one.deviceId === null
          ? other.publicKey === one.publicKey && other.role === one.role
          : other.tenant === one.tenant && other.deviceId === one.deviceId,
      )
      return !others.some((other) => {
        const isNewer = open.indexOf(other) > place
        return other.state === 'active'
          ? one.state === 'pending' || isNewer
          : one.state === 'pending' && isNewer
      })
    })
    .map(({ id }) => id)
}

test('whatever happens to the ledger, the same is in force as by the definition', () => {
  const { database, ledger } = renewalDatabase(() => NOW)
  const store = new ExpiryStore(database)
  const random = dice(7)
  const pick = <T>(...of: T[]): T => of[Math.floor(random() * of.length)] as T
  for (let turn = 0; turn < 400; turn += 1) {
    const ids = ledger.entries().map(({ id }) => id)
    const id = pick(...ids)
    const kind =
      ids.length < 5 ? 'issue' : pick('issue', 'confirm', 'strike', 'revoke', 'back', 'drop')
    if (kind === 'issue') {
      const device = pick(null, 'd1', 'd2', 'd3')
      const change: Partial<LedgerEntry> = {
        deviceId: device,
        publicKey: pick('U'.padEnd(56, 'A'), 'U'.padEnd(56, 'B'), 'U'.padEnd(56, 'C')),
        state: pick('active', 'pending'),
        delivery: pick('commissioning', 'mesh', 'internal'),
        role: pick('device', 'console'),
      }
      ledger.add([issued(`c${turn}`, NOW, pick(1, 2, 3), 90, change)])
    } else if (id !== undefined) {
      if (kind === 'confirm') ledger.confirmConnected(id)
      if (kind === 'strike') ledger.end(id, 'struck', '', null)
      if (kind === 'revoke') ledger.end(id, 'revoked', '', NOW)
      if (kind === 'back') ledger.reinstate(id)
      if (kind === 'drop') database.prepare('DELETE FROM credentials WHERE id = ?').run(id)
    }
    expect(idsOf(store).toSorted()).toEqual(inForceAmong(ledger.entries()).toSorted())
  }
})

test('a ledger from before the table was kept is taken over', () => {
  const { database, ledger } = renewalDatabase(() => NOW)
  for (const { name } of database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'renewal%'")
    .all()) {
    database.exec(`DROP TRIGGER ${String(name)}`)
  }
  database.exec(`DROP TABLE renewal_in_force;
    CREATE INDEX credentials_in_force ON credentials (expires_at)`)
  ledger.add([issued('old', NOW, 60, 90), issued('new', NOW, 1, 90, { deviceId: 'old' })])
  database.exec(RENEWAL_MIGRATIONS[1]!.sql)
  expect(idsOf(new ExpiryStore(database))).toEqual(['new'])
})
