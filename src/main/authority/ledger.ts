import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import { z } from 'zod'
import type { CredentialSummary } from '#shared/contract/fleet.ts'
import { Role } from '#shared/contract/common.ts'
import { fingerprintOf } from './fingerprint.ts'
import type { Permissions } from './permissions.ts'
import type { CredentialForm } from './user-jwt.ts'
import type { RevocationOrder } from './revocation-order.ts'

const Row = z.object({
  id: z.string(),
  public_key: z.string(),
  account: z.string(),
  tenant: z.string().nullable(),
  role: z.union([Role, z.literal('system')]),
  name: z.string(),
  device_id: z.string().nullable(),
  permissions: z.string(),
  signing_key: z.string(),
  issued_at: z.int(),
  expires_at: z.int(),
  pending_until: z.int().nullable(),
  connected_at: z.int().nullable(),
  delivery: z.enum(['internal', 'commissioning', 'bundle', 'file', 'mesh']),
  state: z.enum(['pending', 'active', 'struck', 'revoked']),
  revoked_at: z.int().nullable(),
  reason: z.string().nullable(),
  form: z.int(),
})
type Row = z.infer<typeof Row>

/**
 * How a credential reached, or shall reach, its user. `internal`: a connection of this app; `mesh`: a
 * renewal that was handed over by the device's function `updateCredentials`.
 */
export type Delivery = Row['delivery']

/**
 * A credential that was issued. `pending`: its user has not connected yet; `active`; `struck`: its
 * user never took it; `revoked`.
 */
export interface LedgerEntry {
  readonly id: string
  readonly publicKey: string
  /** Public key of the account (A…). */
  readonly account: string
  readonly tenant: string | null
  readonly role: Row['role']
  readonly name: string
  readonly deviceId: string | null
  readonly permissions: Permissions
  /** Public key that signed it. */
  readonly signingKey: string
  readonly issuedAt: Date
  readonly expiresAt: Date
  /** Until then its user must have connected, or it is revoked. */
  readonly pendingUntil: Date | null
  readonly connectedAt: Date | null
  readonly delivery: Delivery
  readonly state: Row['state']
  readonly revokedAt: Date | null
  readonly reason: string | null
  /** How its JWT is made again from this row; null or missing where it can't be. */
  readonly form?: CredentialForm | null
}

const OPEN = "state IN ('active', 'pending') AND expires_at > ?"

// Pending ones count as not taken: their users go on with the old one until they have connected anew.
const NOT_REPLACED = `WHERE ${OPEN} AND signing_key = ? AND delivery <> 'internal' AND NOT EXISTS (
  SELECT 1 FROM credentials AS newer WHERE newer.public_key = credentials.public_key
    AND newer.account = credentials.account AND newer.role = credentials.role
    AND newer.signing_key <> credentials.signing_key AND newer.state = 'active'
    AND newer.issued_at >= credentials.issued_at)`

const FORMS: readonly (CredentialForm | null)[] = [null, 'own', 'scoped']

const COLUMNS = Object.keys(Row.shape)
const INSERT = `INSERT INTO credentials (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})`

/**
 * What was issued, to whom, until when, and what became of it. Public keys only; no JWT, no seed.
 * Methods that change several rows run in the caller's transaction, which then calls `announce`.
 */
export class Ledger {
  readonly #database: DatabaseSync
  readonly #now: () => Date
  readonly #listeners = new Set<() => void>()
  readonly #statements = new Map<string, StatementSync>()

  constructor(database: DatabaseSync, now: () => Date) {
    this.#database = database
    this.#now = now
  }

  entry(id: string): LedgerEntry | undefined {
    return this.#select('WHERE id = ?', [id])[0]
  }

  /** Everything, the oldest first. */
  entries(): LedgerEntry[] {
    return this.#select('ORDER BY issued_at, rowid')
  }

  /** All credentials of a user key, in every account. */
  entriesOfKey(publicKey: string): LedgerEntry[] {
    return this.#select('WHERE public_key = ? ORDER BY issued_at, rowid', [publicKey])
  }

  /** When the account's latest credential was issued; the epoch where there is none. */
  latestIssue(account: string): Date {
    const row = this.#prepared(
      'SELECT max(issued_at) AS at FROM credentials WHERE account = ?',
    ).get(account)
    return new Date(typeof row?.['at'] === 'number' ? row['at'] : 0)
  }

  /** All credentials of a tenant, the oldest first. */
  entriesOfTenant(tenant: string): LedgerEntry[] {
    return this.#select('WHERE tenant = ? ORDER BY issued_at, rowid', [tenant])
  }

  /**
   * How many credentials of each tenant work now, those of this app's own connections left out. The plus
   * keeps SQLite from reading every row in the order of an index that has only half of what is asked.
   */
  usableByTenant(): ReadonlyMap<string, number> {
    const rows = this.#prepared(
      "SELECT tenant, count(*) AS usable FROM credentials WHERE tenant IS NOT NULL AND delivery <> 'internal' AND state IN ('pending', 'active') AND expires_at > ? GROUP BY +tenant",
    ).all(this.#now().getTime())
    return new Map(rows.map((row) => [String(row['tenant']), Number(row['usable'])]))
  }

  /**
   * Names of credentials in force that devices hold, as far as they were issued after a row of the
   * ledger, and the last row there is: what came since can be asked for with it.
   */
  deviceNamesAfter(row: number): {
    readonly devices: readonly { tenant: string; deviceId: string; name: string }[]
    readonly lastRow: number
  } {
    const rows = this.#prepared(
      `SELECT tenant, device_id, name FROM credentials WHERE rowid > ? AND ${OPEN}
       AND tenant IS NOT NULL AND device_id IS NOT NULL AND role IN ('device', 'device-own')`,
    ).all(row, this.#now().getTime())
    const last = this.#prepared('SELECT max(rowid) AS row FROM credentials').get()
    return {
      devices: rows.map(({ tenant, device_id, name }) => ({
        tenant: String(tenant),
        deviceId: String(device_id),
        name: String(name),
      })),
      lastRow: Number(last?.['row'] ?? 0),
    }
  }

  /** Credentials of devices that have not connected yet. */
  pending(): LedgerEntry[] {
    return this.#select("WHERE state = 'pending' AND role = 'device' ORDER BY issued_at, rowid")
  }

  /** Credentials whose users should have connected before `moment` and did not. */
  overdue(moment: Date): LedgerEntry[] {
    return this.#select("WHERE state = 'pending' AND pending_until <= ? ORDER BY pending_until", [
      moment.getTime(),
    ])
  }

  /**
   * Devices that have a credential and did not connect with it yet. One that is renewed is not among
   * them: it has a credential that it connects with.
   */
  pendingDevices(): { tenant: string; deviceId: string; issuedAt: Date }[] {
    return this.pending().flatMap(({ tenant, deviceId, issuedAt, delivery }) =>
      tenant === null || deviceId === null || delivery === 'mesh' || delivery === 'file'
        ? []
        : { tenant, deviceId, issuedAt },
    )
  }

  /** The credentials of a device as the window shows them, the newest first. */
  credentialsOf(address: { tenant: string; deviceId: string }): CredentialSummary[] {
    const entries = this.#select(
      'WHERE tenant = ? AND device_id = ? ORDER BY issued_at DESC, rowid DESC',
      [address.tenant, address.deviceId],
    )
    const now = this.#now()
    return entries.flatMap((entry) => summaryOf(entry, now) ?? [])
  }

  /**
   * User keys of an account whose every credential has expired, or was signed by none of these keys, which are all
   * that count. Struck ones count too: they would be good again without their revocation.
   */
  expiredKeys(account: string, moment: Date, signingKeys: readonly string[]): ReadonlySet<string> {
    const rows = this.#prepared(
      `SELECT public_key FROM credentials WHERE account = ? GROUP BY public_key
       HAVING max(iif(signing_key IN (SELECT value FROM json_each(?)), expires_at, 0)) < ?`,
    ).all(account, JSON.stringify(signingKeys), moment.getTime())
    return new Set(rows.map((row) => String(row['public_key'])))
  }

  /** The longest that a credential of an account was ever valid for, in milliseconds. */
  longestLifetimeMs(account: string): number {
    const row = this.#prepared(
      'SELECT max(expires_at - issued_at) AS ms FROM credentials WHERE account = ?',
    ).get(account)
    return typeof row?.['ms'] === 'number' ? row['ms'] : 0
  }

  /** Notes that the user connected with its key: pending becomes active. Else nothing changes. */
  confirmConnected(id: string): void {
    const { changes } = this.#prepared(
      "UPDATE credentials SET state = 'active', connected_at = ? WHERE id = ? AND state = 'pending'",
    ).run(this.#now().getTime(), id)
    if (changes > 0) this.announce()
  }

  /**
   * Notes that a credential which was struck for want of a connection was connected with after all:
   * it is in force again. One that was revoked stays so.
   */
  reinstate(id: string): void {
    const { changes } = this.#prepared(
      "UPDATE credentials SET state = 'active', connected_at = ?, reason = NULL WHERE id = ? AND state = 'struck' AND revoked_at IS NULL",
    ).run(this.#now().getTime(), id)
    if (changes > 0) this.announce()
  }

  /** Moves the moment until which a user must have connected; in the caller's transaction. */
  awaitUntil(id: string, moment: Date): void {
    this.#prepared(
      "UPDATE credentials SET pending_until = ? WHERE id = ? AND state = 'pending'",
    ).run(moment.getTime(), id)
  }

  /** Adds entries; in the caller's transaction. */
  add(entries: readonly LedgerEntry[]): void {
    const insert = this.#prepared(INSERT)
    for (const entry of entries) insert.run(...valuesOf(entry))
  }

  /** Ends a credential; in the caller's transaction. */
  end(id: string, state: 'struck' | 'revoked', reason: string, revokedAt: Date | null): void {
    this.#prepared('UPDATE credentials SET state = ?, reason = ?, revoked_at = ? WHERE id = ?').run(
      state,
      reason,
      revokedAt?.getTime() ?? null,
      id,
    )
  }

  /** Ends what an order names: all credentials of its keys, issued up to its times. In the caller's transaction. */
  endRevoked({ account, keys, upTo, reason }: RevocationOrder): void {
    const set = `UPDATE credentials SET state = 'revoked', reason = ?, revoked_at = ?
      WHERE revoked_at IS NULL`
    // The plus keeps SQLite from looking through the whole account for each key.
    const byKey = this.#prepared(`${set} AND +account = ? AND public_key = ? AND issued_at <= ?`)
    for (const [key, seconds] of Object.entries(keys)) {
      byKey.run(reason, seconds * 1000, account, key, seconds * 1000)
    }
    if (upTo === null) return
    this.#prepared(`${set} AND account = ? AND issued_at <= ?`).run(
      reason,
      upTo * 1000,
      account,
      upTo * 1000,
    )
  }

  /**
   * Drops credentials of this app's own connections that have expired: they are good for nothing any
   * more, and every start of the app makes new ones. Revoked ones stay for as long as the account's
   * list names them. In the caller's transaction.
   */
  dropExpiredInternal(moment: Date): void {
    this.#prepared(
      "DELETE FROM credentials WHERE delivery = 'internal' AND revoked_at IS NULL AND expires_at < ?",
    ).run(moment.getTime())
  }

  /** Drops the revoked ones of this app's own that have expired, once no list names them. */
  dropRevokedInternal(account: string, moment: Date): void {
    this.#prepared(
      "DELETE FROM credentials WHERE account = ? AND delivery = 'internal' AND expires_at < ?",
    ).run(account, moment.getTime())
  }

  /** How many credentials that a key signed are good now, those of this app's own connections left out. */
  countSignedBy(signingKey: string): number {
    const row = this.#prepared(
      `SELECT count(*) AS count FROM credentials WHERE ${OPEN} AND signing_key = ? AND delivery <> 'internal'`,
    ).get(this.#now().getTime(), signingKey)
    return Number(row?.['count'])
  }

  /** Those among them whose user has no newer credential, by another key, that it took. */
  notReplaced(signingKey: string): LedgerEntry[] {
    return this.#select(NOT_REPLACED, [this.#now().getTime(), signingKey])
  }

  countNotReplaced(signingKey: string): number {
    const row = this.#prepared(`SELECT count(*) AS count FROM credentials ${NOT_REPLACED}`).get(
      this.#now().getTime(),
      signingKey,
    )
    return Number(row?.['count'])
  }

  /** Ends what a key signed, as its account lists the key no longer. In the caller's transaction. */
  endSignedBy(signingKey: string, reason: string, at: Date): void {
    this.#prepared(
      `UPDATE credentials SET state = 'revoked', reason = ?, revoked_at = ?
       WHERE signing_key = ? AND state IN ('active', 'pending') AND revoked_at IS NULL`,
    ).run(reason, at.getTime(), signingKey)
  }

  /** Calls `listener` after each change; returns how to stop that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Tells the listeners that a transaction changed something. */
  announce(): void {
    for (const listener of this.#listeners) listener()
  }

  /** Each statement is compiled once: sweeping and importing run them by the thousand. */
  #prepared(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  #select(rest: string, values: readonly (string | number)[] = []): LedgerEntry[] {
    return this.#prepared(`SELECT * FROM credentials ${rest}`)
      .all(...values)
      .map(entryOf)
  }
}

function summaryOf(entry: LedgerEntry, now: Date): CredentialSummary | undefined {
  if (entry.role === 'system') return undefined
  const over = entry.expiresAt <= now && (entry.state === 'active' || entry.state === 'pending')
  return {
    id: entry.id,
    publicKey: entry.publicKey,
    fingerprint: fingerprintOf(entry.publicKey),
    role: entry.role,
    state: over ? 'expired' : entry.state,
    issuedAt: entry.issuedAt.toISOString(),
    expiresAt: entry.expiresAt.toISOString(),
    pendingUntil: entry.pendingUntil?.toISOString() ?? null,
  }
}

function entryOf(raw: Record<string, SQLOutputValue>): LedgerEntry {
  const row = Row.parse(raw)
  const date = (at: number | null) => (at === null ? null : new Date(at))
  return {
    id: row.id,
    publicKey: row.public_key,
    account: row.account,
    tenant: row.tenant,
    role: row.role,
    name: row.name,
    deviceId: row.device_id,
    permissions: JSON.parse(row.permissions) as Permissions,
    signingKey: row.signing_key,
    issuedAt: new Date(row.issued_at),
    expiresAt: new Date(row.expires_at),
    pendingUntil: date(row.pending_until),
    connectedAt: date(row.connected_at),
    delivery: row.delivery,
    state: row.state,
    revokedAt: date(row.revoked_at),
    reason: row.reason,
    form: FORMS[row.form] ?? null,
  }
}

/** Values in the order of the columns. */
function valuesOf(entry: LedgerEntry): (string | number | null)[] {
  const row: Row = {
    id: entry.id,
    public_key: entry.publicKey,
    account: entry.account,
    tenant: entry.tenant,
    role: entry.role,
    name: entry.name,
    device_id: entry.deviceId,
    permissions: JSON.stringify(entry.permissions),
    signing_key: entry.signingKey,
    issued_at: entry.issuedAt.getTime(),
    expires_at: entry.expiresAt.getTime(),
    pending_until: entry.pendingUntil?.getTime() ?? null,
    connected_at: entry.connectedAt?.getTime() ?? null,
    delivery: entry.delivery,
    state: entry.state,
    revoked_at: entry.revokedAt?.getTime() ?? null,
    reason: entry.reason,
    form: FORMS.indexOf(entry.form ?? null),
  }
  return [
    row.id,
    row.public_key,
    row.account,
    row.tenant,
    row.role,
    row.name,
    row.device_id,
    row.permissions,
    row.signing_key,
    row.issued_at,
    row.expires_at,
    row.pending_until,
    row.connected_at,
    row.delivery,
    row.state,
    row.revoked_at,
    row.reason,
    row.form,
  ]
}
