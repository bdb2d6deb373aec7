import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { PROFILE_MIGRATIONS } from '../src/main/app/profile-database.ts'
import { encodeBase32 } from '../src/main/authority/base32.ts'
import { Ledger, type LedgerEntry } from '../src/main/authority/ledger.ts'
import { CredentialStore } from '../src/main/credentials/credential-store.ts'
import { calendarOf } from '../src/main/renewal/calendar.ts'
import { ExpiryStore } from '../src/main/renewal/expiry-store.ts'
import { inTransaction, openDatabase } from '../src/main/storage/database.ts'
import type { Benchmark, Sample } from './benchmark.ts'
import { millisecondsOf, percentile } from './measure.ts'

/** Each device was renewed once, so that it has two. */
const ROWS = 100_000
const PAGE = 100
const ROUNDS = 20
const DAY_MS = 24 * 60 * 60 * 1000
const EVERYTHING = {
  text: '',
  tenant: null,
  role: null,
  state: 'all',
  expiresBefore: null,
  internal: false,
} as const
const ALL_IN_FORCE = { tenant: null, status: 'all', search: '', from: null, until: null } as const

/** What the Credentials screen asks of a long ledger, in the app's only thread. */
const LISTS: Benchmark = {
  name: 'authority.ledger-page',
  unit: 'ms',
  better: 'less',
  goal: { of: 'value', limit: 50 },
  peer: 'the rows of a page by their ids, one bare query each',
  further: [
    {
      name: 'authority.expiry-calendar',
      unit: 'ms',
      better: 'less',
      goal: { of: 'value', limit: 50 },
      peer: '',
    },
  ],
  prepare: async ({ endings }) => {
    const folder = await endings.temporaryFolder()
    const { database } = openDatabase(join(folder, 'muster.db'), PROFILE_MIGRATIONS)
    endings.add(database, () => database.close())
    const now = new Date()
    const ledger = new Ledger(database, () => now)
    inTransaction(database, () => {
      ledger.add(Array.from({ length: ROWS }, (_, index) => entryOf(index, now)))
    })
    const store = new CredentialStore(database, ledger, () => now)
    const expiry = new ExpiryStore(database)
    return async (): Promise<Sample> => {
      const pages: number[] = []
      const bare: number[] = []
      const calendars: number[] = []
      for (let round = 0; round < ROUNDS; round += 1) {
        const order = { by: round % 2 === 0 ? 'name' : 'issuedAt', descending: true } as const
        let ids: readonly string[] = []
        pages.push(
          await millisecondsOf(() => {
            const { rows, total } = store.page(EVERYTHING, order, round * PAGE, PAGE)
            if (total !== ROWS) throw new Error(`The ledger shows ${total} of ${ROWS} rows.`)
            ids = rows.map(({ id }) => id)
          }),
        )
        bare.push(await millisecondsOf(() => readBare(database, ids)))
        calendars.push(
          await millisecondsOf(() => {
            expiry.page(ALL_IN_FORCE, now, { offset: round * PAGE, limit: PAGE })
            calendarOf(expiry, { tenant: null, days: 90, utcOffsetMinutes: 0 }, now)
          }),
        )
      }
      const calendar = { value: percentile(calendars, 50), peer: null }
      return {
        value: percentile(pages, 50),
        peer: percentile(bare, 50),
        further: { 'authority.expiry-calendar': calendar },
      }
    }
  },
}

export const LEDGER_BENCHMARKS: readonly Benchmark[] = [LISTS]

function readBare(database: DatabaseSync, ids: readonly string[]): void {
  const row = database.prepare('SELECT * FROM credentials WHERE id = ?')
  for (const id of ids) row.get(id)
}

function entryOf(index: number, now: Date): LedgerEntry {
  const device = Math.floor(index / 2)
  const isRenewal = index % 2 === 1
  const tenant = `tenant-${device % 20}`
  const subjects = [`device-connect.${tenant}.>`, '_INBOX.>']
  const issuedAt = new Date(now.getTime() - ((isRenewal ? 5 : 75) + (device % 10)) * DAY_MS)
  const publicKey = `U${encodeBase32(Buffer.from(`key of device ${device}`.padEnd(34, '.')))}`
  return {
    id: `${index}`.padStart(36, '0'),
    publicKey,
    account: `A${encodeBase32(Buffer.from(tenant.padEnd(34, '.')))}`,
    tenant,
    role: 'device',
    name: `pump-${device}`,
    deviceId: `pump-${device}`,
    permissions: { pub: { allow: subjects }, sub: { allow: subjects } },
    signingKey: `A${encodeBase32(Buffer.from(`signs ${tenant}`.padEnd(34, '.')))}`,
    issuedAt,
    expiresAt: new Date(issuedAt.getTime() + 90 * DAY_MS),
    pendingUntil: null,
    connectedAt: issuedAt,
    delivery: isRenewal ? 'mesh' : 'commissioning',
    state: 'active',
    revokedAt: null,
    reason: null,
  }
}
