import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { z } from 'zod'
import type { ExpiryFilter } from '#shared/contract/renewal.ts'
import { DUE_FRACTION } from './life.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** What expired longer ago was given up by its holder, and is no trouble to tell of for ever. */
const LATELY_MS = 30 * DAY_MS

/**
 * Credentials in force: of each holder the newest that was used. A holder is a device, whatever its key
 * and role, or else a key. One that nobody has connected with yet counts where its holder has no other; the app's own
 * connections never do, as they renew themselves.
 */
const NEWER = '(n.issued_at > c.issued_at OR (n.issued_at = c.issued_at AND n.rowid > c.rowid))'
const REPLACES = `n.rowid <> c.rowid AND n.delivery <> 'internal' AND (
  (n.state = 'active' AND (c.state = 'pending' OR ${NEWER})) OR
  (n.state = 'pending' AND c.state = 'pending' AND ${NEWER}))`
const IN_FORCE = `
  FROM credentials c
  WHERE c.state IN ('active', 'pending') AND c.delivery <> 'internal' AND c.role <> 'system'
    AND NOT (c.device_id IS NOT NULL AND EXISTS (
      SELECT 1 FROM credentials n WHERE n.tenant = c.tenant AND n.device_id = c.device_id
        AND ${REPLACES}))
    AND NOT (c.device_id IS NULL AND EXISTS (
      SELECT 1 FROM credentials n WHERE n.public_key = c.public_key AND n.role = c.role
        AND n.account = c.account AND ${REPLACES}))`

// As `dueAt` in life.ts.
const DUE_AT = `c.expires_at - (c.expires_at - c.issued_at) / ${DUE_FRACTION}`
const IS_EXPIRED = 'c.expires_at <= $now'
const IS_DUE = `(c.expires_at > $now AND ${DUE_AT} <= $now)`
const IS_OK = `${DUE_AT} > $now`

const Row = z.object({
  id: z.string(),
  public_key: z.string(),
  account: z.string(),
  role: z.string(),
  tenant: z.string().nullable(),
  device_id: z.string().nullable(),
  name: z.string(),
  state: z.enum(['active', 'pending']),
  issued_at: z.int(),
  expires_at: z.int(),
})

/** A credential in force, as the ledger has it. */
export interface InForce {
  readonly id: string
  readonly publicKey: string
  readonly account: string
  readonly role: string
  readonly tenant: string | null
  readonly deviceId: string | null
  readonly name: string
  readonly state: 'active' | 'pending'
  readonly issuedAt: Date
  readonly expiresAt: Date
}

export interface ExpiryCounts {
  readonly total: number
  readonly ok: number
  readonly due: number
  readonly expired: number
  /** Those of the expired that were in force until lately. */
  readonly expiredLately: number
}

interface DayCount {
  readonly count: number
  readonly due: number
}

type Values = Record<string, string | number>

/** Reads what expires when from the ledger's table: by index and in pages, as a ledger can be long. */
export class ExpiryStore {
  readonly #database: DatabaseSync

  /** @param database with AUTHORITY_MIGRATIONS and RENEWAL_MIGRATIONS applied */
  constructor(database: DatabaseSync) {
    this.#database = database
  }

  counts(tenant: string | null, now: Date): ExpiryCounts {
    const { sql, values } = conditions({ tenant })
    const row = this.#one(
      `SELECT count(*) AS total, total(${IS_OK}) AS ok, total(${IS_DUE}) AS due,
         total(${IS_EXPIRED}) AS expired, total(c.expires_at BETWEEN $lately AND $now) AS lately
         ${IN_FORCE} ${sql}`,
      { ...values, $now: now.getTime(), $lately: now.getTime() - LATELY_MS },
    )
    const count = (name: string) => Number(row?.[name] ?? 0)
    return {
      total: count('total'),
      ok: count('ok'),
      due: count('due'),
      expired: count('expired'),
      expiredLately: count('lately'),
    }
  }

  /** How many expire on each day from `from` on, by the number of the day; none is left out as zero. */
  perDay(tenant: string | null, from: Date, days: number, now: Date): Map<number, DayCount> {
    const { sql, values } = conditions({ tenant })
    const rows = this.#all(
      `SELECT CAST((c.expires_at - $from) / ${DAY_MS} AS INTEGER) AS day, count(*) AS count,
         total(${DUE_AT} <= $now) AS due ${IN_FORCE} ${sql}
         AND c.expires_at >= $from AND c.expires_at < $until GROUP BY day`,
      {
        ...values,
        $from: from.getTime(),
        $until: from.getTime() + days * DAY_MS,
        $now: now.getTime(),
      },
    )
    return new Map(
      rows.map((row) => [
        Number(row['day']),
        { count: Number(row['count']), due: Number(row['due']) },
      ]),
    )
  }

  /** How many expire at `from` or later. */
  countFrom(tenant: string | null, from: Date): number {
    const { sql, values } = conditions({ tenant })
    const row = this.#one(`SELECT count(*) AS count ${IN_FORCE} ${sql} AND c.expires_at >= $from`, {
      ...values,
      $from: from.getTime(),
    })
    return Number(row?.['count'] ?? 0)
  }

  /** When the next one becomes due or expires after `now`; undefined where none will. */
  nextChange(now: Date): Date | undefined {
    const row = this.#one(
      `SELECT min(CASE WHEN ${DUE_AT} > $now THEN ${DUE_AT} ELSE c.expires_at END) AS at
         ${IN_FORCE} AND c.expires_at > $now`,
      { $now: now.getTime() },
    )
    return typeof row?.['at'] === 'number' ? new Date(row['at']) : undefined
  }

  /** A page of what fits, the soonest to expire first, and how many fit in all. */
  page(
    filter: ExpiryFilter,
    now: Date,
    page: { readonly offset: number; readonly limit: number },
  ): { rows: InForce[]; total: number } {
    const { sql, values } = conditions(filter, now)
    const total = Number(this.#one(`SELECT count(*) AS n ${IN_FORCE} ${sql}`, values)?.['n'] ?? 0)
    const rows = this.#all(
      `SELECT c.* ${IN_FORCE} ${sql} ORDER BY c.expires_at, c.id LIMIT $limit OFFSET $offset`,
      { ...values, $limit: page.limit, $offset: page.offset },
    )
    return { rows: rows.map(inForceOf), total }
  }

  /** Those of these ids that are in force. */
  withIds(ids: readonly string[]): InForce[] {
    const statement = this.#database.prepare(`SELECT c.* ${IN_FORCE} AND c.id = $id`)
    return ids.flatMap((id) => {
      const row = statement.get({ $id: id })
      return row === undefined ? [] : inForceOf(row)
    })
  }

  #one(sql: string, values: Values) {
    return this.#database.prepare(sql).get(values)
  }

  #all(sql: string, values: Values) {
    return this.#database.prepare(sql).all(values)
  }
}

/** Further conditions on what is in force. */
function conditions(
  filter: Partial<ExpiryFilter>,
  now?: Date,
): { readonly sql: string; readonly values: Values } {
  const { tenant = null, status = 'all', search = '', from = null, until = null } = filter
  const parts: string[] = []
  const values: Values = {}
  if (tenant !== null) {
    parts.push('c.tenant = $tenant')
    values['$tenant'] = tenant
  }
  if (status !== 'all' && now !== undefined) {
    parts.push({ ok: IS_OK, due: IS_DUE, expired: IS_EXPIRED }[status])
    values['$now'] = now.getTime()
  }
  if (search !== '') {
    const columns = ['name', 'device_id', 'tenant', 'public_key', 'role']
    const fits = columns.map((column) => `c.${column} LIKE $search ESCAPE '\\'`)
    parts.push(`(${fits.join(' OR ')})`)
    values['$search'] = `%${search.replaceAll(/[\\%_]/gu, String.raw`\$&`)}%`
  }
  if (from !== null) {
    parts.push('c.expires_at >= $after')
    values['$after'] = Date.parse(from)
  }
  if (until !== null) {
    parts.push('c.expires_at < $before')
    values['$before'] = Date.parse(until)
  }
  return { sql: parts.map((part) => `AND ${part}`).join(' '), values }
}

function inForceOf(raw: Record<string, SQLOutputValue>): InForce {
  const row = Row.parse(raw)
  return {
    id: row.id,
    publicKey: row.public_key,
    account: row.account,
    role: row.role,
    tenant: row.tenant,
    deviceId: row.device_id,
    name: row.name,
    state: row.state,
    issuedAt: new Date(row.issued_at),
    expiresAt: new Date(row.expires_at),
  }
}
