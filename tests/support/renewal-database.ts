import { DatabaseSync } from 'node:sqlite'
import { AUTHORITY_MIGRATIONS } from '../../src/main/authority/migrations.ts'
import { Ledger, type LedgerEntry } from '../../src/main/authority/ledger.ts'
import { RENEWAL_MIGRATIONS } from '../../src/main/renewal/migrations.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** A database in memory with the tables of ledger and renewals, and a ledger over it. */
export function renewalDatabase(now: () => Date): { database: DatabaseSync; ledger: Ledger } {
  const database = new DatabaseSync(':memory:')
  for (const { sql } of [...AUTHORITY_MIGRATIONS, ...RENEWAL_MIGRATIONS]) database.exec(sql)
  return { database, ledger: new Ledger(database, now) }
}

/** An entry of the ledger that was issued `ageDays` ago for `lifeDays`. */
export function issued(
  id: string,
  now: Date,
  ageDays: number,
  lifeDays: number,
  change: Partial<LedgerEntry> = {},
): LedgerEntry {
  const issuedAt = new Date(now.getTime() - ageDays * DAY_MS)
  return {
    id,
    publicKey: `U${id.replaceAll(/[^A-Za-z0-9]/gu, '').toUpperCase()}`.padEnd(56, 'K'),
    account: 'A'.padEnd(56, 'C'),
    tenant: 'acme',
    role: 'device',
    name: id,
    deviceId: id,
    permissions: { pub: { allow: [] }, sub: { allow: [] } },
    signingKey: 'A'.padEnd(56, 'S'),
    issuedAt,
    expiresAt: new Date(issuedAt.getTime() + lifeDays * DAY_MS),
    pendingUntil: null,
    connectedAt: null,
    delivery: 'commissioning',
    state: 'active',
    revokedAt: null,
    reason: null,
    ...change,
  }
}
