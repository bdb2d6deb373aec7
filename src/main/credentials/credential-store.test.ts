import { DatabaseSync } from 'node:sqlite'
import { beforeAll, expect, test } from 'vitest'
import type { CredentialFilter } from '#shared/contract/credentials.ts'
import { AUTHORITY_MIGRATIONS } from '../authority/migrations.ts'
import { fingerprintOf } from '../authority/fingerprint.ts'
import { Ledger, type LedgerEntry } from '../authority/ledger.ts'
import { CredentialStore } from './credential-store.ts'
import { CREDENTIAL_MIGRATIONS } from './migrations.ts'

const NOW = new Date('2026-06-01T12:00:00Z')
const DAY_MS = 86_400_000
const COUNT = 300

const EVERYTHING: CredentialFilter = {
  text: '',
  tenant: null,
  role: null,
  state: 'all',
  expiresBefore: null,
  internal: false,
}

function entry(index: number): LedgerEntry {
  const issuedAt = new Date(NOW.getTime() - index * DAY_MS)
  return {
    id: `id-${index}`,
    publicKey: `U${String(index).padStart(55, 'A')}`,
    account: 'A'.padEnd(56, 'B'),
    tenant: index % 2 === 0 ? 'acme' : 'beta',
    role: index % 10 === 0 ? 'console' : 'device',
    name: `pump-${index}`,
    deviceId: `pump-${index}`,
    permissions: { pub: { allow: [] }, sub: { allow: [] } },
    signingKey: 'A'.padEnd(56, 'C'),
    issuedAt,
    expiresAt: new Date(issuedAt.getTime() + 90 * DAY_MS),
    pendingUntil: null,
    connectedAt: null,
    delivery: index === 7 ? 'internal' : 'commissioning',
    state: index % 30 === 3 ? 'revoked' : 'active',
    revokedAt: index % 30 === 3 ? NOW : null,
    reason: null,
  }
}

let store: CredentialStore
beforeAll(() => {
  const database = new DatabaseSync(':memory:')
  for (const { sql } of [...AUTHORITY_MIGRATIONS, ...CREDENTIAL_MIGRATIONS]) database.exec(sql)
  const ledger = new Ledger(database, () => NOW)
  ledger.add(Array.from({ length: COUNT }, (_, index) => entry(index)))
  store = new CredentialStore(database, ledger, () => NOW)
})

const found = (filter: Partial<CredentialFilter>) =>
  store.page({ ...EVERYTHING, ...filter }, { by: 'issuedAt', descending: true }, 0, 200)

test('pages follow each other without gap or overlap, in the order asked for', () => {
  const order = { by: 'issuedAt', descending: true } as const
  const ids = [0, 100, 200].flatMap((offset) =>
    store.page(EVERYTHING, order, offset, 100).rows.map(({ id }) => id),
  )
  expect(new Set(ids).size).toBe(COUNT - 1)
  expect(ids.slice(0, 3)).toEqual(['id-0', 'id-1', 'id-2'])
})

test('this app’s own connections are left out unless asked for', () => {
  expect(found({}).total).toBe(COUNT - 1)
  expect(found({ internal: true }).total).toBe(COUNT)
})

test('finds by words of name, tenant and key, and by fingerprint, also cut', () => {
  expect(found({ text: 'PUMP-42' }).rows.map(({ id }) => id)).toEqual(['id-42'])
  expect(found({ text: 'pump-4 beta' }).rows.map(({ tenant }) => tenant)).not.toContain('acme')
  const { publicKey } = entry(42)
  expect(found({ text: publicKey }).total).toBe(1)
  const fingerprint = fingerprintOf(publicKey)
  expect(found({ text: fingerprint.slice(0, 12).toLowerCase() }).rows[0]?.id).toBe('id-42')
  expect(found({ text: "100%' OR 1=1 --" }).total).toBe(0)
})

test('filters by tenant, role, state and expiry', () => {
  expect(found({ tenant: 'acme', role: 'console' }).total).toBe(30)
  const states = (state: CredentialFilter['state']) =>
    new Set(found({ state }).rows.map((row) => row.state))
  expect(states('usable')).toEqual(new Set(['active']))
  expect(states('expired')).toEqual(new Set(['expired']))
  expect(states('revoked')).toEqual(new Set(['revoked']))
  const soon = new Date(NOW.getTime() + 7.5 * DAY_MS).toISOString()
  expect(found({ expiresBefore: soon }).rows.map(({ id }) => id)).toEqual(
    [83, 84, 85, 86, 87, 88, 89].map((index) => `id-${index}`),
  )
})

test('counts add up to what the pages hold', () => {
  const counts = store.counts({ ...EVERYTHING, tenant: 'beta' })
  expect(counts.usable + counts.expired + counts.revoked + counts.struck).toBe(counts.all)
  expect(counts.revoked).toBe(found({ tenant: 'beta', state: 'revoked' }).total)
  expect(counts.expired).toBe(found({ tenant: 'beta', state: 'expired' }).total)
})

test('words are looked for as they stand, capital or small', () => {
  expect(found({ text: 'PUMP-29' }).total).toBe(11)
  expect(found({ text: 'pump-29 beta' }).total).toBe(6)
  for (const text of ['pump_29', 'pump%', '\\']) expect(found({ text }).total).toBe(0)
})

test('a search has pages too, and counts and names the same', () => {
  const filter = { ...EVERYTHING, text: 'pump-1' }
  const order = { by: 'name', descending: false } as const
  const names = [0, 50, 100].flatMap((offset) =>
    store.page(filter, order, offset, 50).rows.map(({ name }) => name),
  )
  expect(names).toEqual(names.toSorted())
  expect(new Set(names).size).toBe(store.counts(filter).all)
  expect(store.page(filter, order, 0, 1).total).toBe(names.length)
  expect(store.ids(filter)).toHaveLength(names.length)
})
