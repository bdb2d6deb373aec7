import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type {
  Credential,
  CredentialCounts,
  CredentialFilter,
  CredentialOrder,
  CredentialPage,
} from '#shared/contract/credentials.ts'
import { REVOCATION_LIMIT } from '#shared/contract/credentials.ts'
import { fingerprintOf } from '../authority/fingerprint.ts'
import type { Ledger, LedgerEntry } from '../authority/ledger.ts'
import { conditionOf, countColumns, orderOf } from './credential-query.ts'

const STATEMENTS_KEPT = 64
const NEWEST_FIRST: CredentialOrder = { by: 'issuedAt', descending: true }

/** A device that has credentials, and the keys of those. */
export interface HeldKeys {
  readonly tenant: string
  readonly deviceId: string
  readonly publicKeys: readonly string[]
}

/** Reads the ledger page by page: it may hold 100,000 rows. Writes nothing. */
export class CredentialStore {
  readonly #database: DatabaseSync
  readonly #ledger: Ledger
  readonly #now: () => Date
  readonly #statements = new Map<string, StatementSync>()

  /** @param database with AUTHORITY_MIGRATIONS and CREDENTIAL_MIGRATIONS applied */
  constructor(database: DatabaseSync, ledger: Ledger, now: () => Date) {
    this.#database = database
    this.#ledger = ledger
    this.#now = now
    database.function('fingerprint', { deterministic: true }, (key) => fingerprintOf(String(key)))
  }

  page(
    filter: CredentialFilter,
    order: CredentialOrder,
    offset: number,
    limit: number,
  ): CredentialPage {
    const { sql, values } = conditionOf(filter, this.#now())
    // By row number, which every index has: the rows themselves are read for the page only.
    const listed = `SELECT rowid AS id FROM credentials WHERE ${sql} ORDER BY ${orderOf(order, filter.text)}`
    const fitting =
      filter.text.trim() === ''
        ? undefined
        : // Words are looked for in every row, and to count them first would do it twice.
          this.#all(listed, values)
    const numbers =
      fitting?.slice(offset, offset + limit) ??
      this.#all(`${listed} LIMIT ? OFFSET ?`, [...values, limit, offset])
    const ids = numbers.flatMap((number) =>
      this.#all('SELECT id FROM credentials WHERE rowid = ?', [number]),
    )
    return {
      rows: ids.flatMap((id) => this.credential(id) ?? []),
      total: fitting?.length ?? this.#count(sql, values),
    }
  }

  counts(filter: CredentialFilter): CredentialCounts {
    const now = this.#now()
    const columns = countColumns(now)
    const { sql, values } = conditionOf(filter, now, false)
    const row = this.#prepared(`SELECT ${columns.sql} FROM credentials WHERE ${sql}`).get(
      ...columns.values,
      ...values,
    )
    const of = (name: string) => Number(row?.[name] ?? 0)
    return {
      all: of('all'),
      usable: of('usable'),
      pending: of('pending'),
      expired: of('expired'),
      revoked: of('revoked'),
      struck: of('struck'),
    }
  }

  /** Ids of what a filter lets through, the newest first, up to the most that one revocation may name. */
  ids(filter: CredentialFilter): string[] {
    const { sql, values } = conditionOf(filter, this.#now())
    return this.#all(
      `SELECT id FROM credentials WHERE ${sql} ORDER BY ${orderOf(NEWEST_FIRST, filter.text)} LIMIT ?`,
      [...values, REVOCATION_LIMIT],
    )
  }

  credential(id: string): Credential | undefined {
    const entry = this.#ledger.entry(id)
    return entry === undefined ? undefined : credentialOf(entry, this.#now())
  }

  /** The other credentials of a key in its account, the newest first. */
  history(entry: LedgerEntry): Credential[] {
    const now = this.#now()
    return this.#ledger
      .entriesOfKey(entry.publicKey)
      .filter(({ id, account }) => id !== entry.id && account === entry.account)
      .map((other) => credentialOf(other, now))
      .toReversed()
  }

  /** What of an account a revocation up to a time would end. */
  accountCounts(account: string, upTo: Date) {
    const now = this.#now().getTime()
    const row = this.#prepared(
      `SELECT count(*) AS credentials, count(DISTINCT public_key) AS keys,
         total(expires_at <= ?) AS expired
       FROM credentials WHERE account = ? AND revoked_at IS NULL AND issued_at <= ?`,
    ).get(now, account, upTo.getTime())
    const of = (name: string) => Number(row?.[name] ?? 0)
    return { credentials: of('credentials'), keys: of('keys'), expired: of('expired') }
  }

  /** Devices of an account with what they hold of it that is usable and was issued up to a time. */
  accountDevices(account: string, upTo: Date): HeldKeys[] {
    const rows = this.#prepared(
      `SELECT tenant, device_id, group_concat(DISTINCT public_key) AS keys FROM credentials
       WHERE account = ? AND state IN ('pending', 'active') AND issued_at <= ? AND expires_at > ?
         AND tenant IS NOT NULL AND device_id IS NOT NULL
       GROUP BY tenant, device_id`,
    ).all(account, upTo.getTime(), this.#now().getTime())
    return rows.map((row) => ({
      tenant: String(row['tenant']),
      deviceId: String(row['device_id']),
      publicKeys: String(row['keys']).split(','),
    }))
  }

  /** Keys of this app's own connections. */
  ownKeys(account: string): ReadonlySet<string> {
    return new Set(
      this.#all(
        "SELECT DISTINCT public_key AS id FROM credentials WHERE account = ? AND delivery = 'internal'",
        [account],
      ),
    )
  }

  #count(condition: string, values: readonly (string | number)[]): number {
    const row = this.#prepared(`SELECT count(*) AS n FROM credentials WHERE ${condition}`).get(
      ...values,
    )
    return Number(row?.['n'] ?? 0)
  }

  #all(sql: string, values: readonly (string | number)[]): string[] {
    return this.#prepared(sql)
      .all(...values)
      .map((row) => String(row['id']))
  }

  #prepared(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql)
    // Filters make as many statements as they have words.
    if (this.#statements.size >= STATEMENTS_KEPT) this.#statements.clear()
    this.#statements.set(sql, statement)
    return statement
  }
}

/** A ledger entry as the window shows it. */
export function credentialOf(entry: LedgerEntry, now: Date): Credential {
  const over = entry.expiresAt <= now && (entry.state === 'active' || entry.state === 'pending')
  return {
    id: entry.id,
    publicKey: entry.publicKey,
    fingerprint: fingerprintOf(entry.publicKey),
    name: entry.name,
    role: entry.role,
    tenant: entry.tenant,
    account: entry.account,
    deviceId: entry.deviceId,
    delivery: entry.delivery,
    state: over ? 'expired' : entry.state,
    issuedAt: entry.issuedAt.toISOString(),
    expiresAt: entry.expiresAt.toISOString(),
    pendingUntil: entry.pendingUntil?.toISOString() ?? null,
    connectedAt: entry.connectedAt?.toISOString() ?? null,
    revokedAt: entry.revokedAt?.toISOString() ?? null,
    reason: entry.reason,
  }
}
