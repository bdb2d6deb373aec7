import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { z } from 'zod'
import type { ExpiryFilter } from '#shared/contract/renewal.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** What expired longer ago was given up by its holder, and is no trouble to tell of for ever. */
const LATELY_MS = 30 * DAY_MS

const IS_EXPIRED = 'f.expires_at <= $now'
const IS_DUE = 'f.due_at <= $now AND f.expires_at > $now'
const IS_OK = 'f.due_at > $now'
const SEARCHED = ['name', 'device_id', 'tenant', 'public_key', 'role']

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

/** Reads what expires when: by index and in pages, as a ledger can be long. */
export class ExpiryStore {
  readonly #database: DatabaseSync

  /** @param database with AUTHORITY_MIGRATIONS and RENEWAL_MIGRATIONS applied */
  constructor(database: DatabaseSync) {
    this.#database = database
  }

  counts(tenant: string | null, now: Date): ExpiryCounts {
    const count = (condition: string, values: Values = {}) =>
      this.#count({ tenant }, condition, { ...values })
    const at = { $now: now.getTime() }
    const total = count('1')
    const due = count(IS_DUE, at)
    const expired = count(IS_EXPIRED, at)
    const expiredLately = count('f.expires_at BETWEEN $lately AND $now', {
      ...at,
      $lately: now.getTime() - LATELY_MS,
    })
    return { total, ok: total - due - expired, due, expired, expiredLately }
  }

  /** How many expire on each day from `from` on, by the number of the day; none is left out as zero. */
  perDay(tenant: string | null, from: Date, days: number, now: Date): Map<number, DayCount> {
    const { sql, values } = conditions({ tenant })
    const rows = this.#all(
      `SELECT CAST((f.expires_at - $from) / ${DAY_MS} AS INTEGER) AS day, count(*) AS count,
         total(f.due_at <= $now) AS due FROM renewal_in_force f
       WHERE f.expires_at >= $from AND f.expires_at < $until ${sql} GROUP BY day`,
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
    return this.#count({ tenant }, 'f.expires_at >= $from', { $from: from.getTime() })
  }

  /** When the next one becomes due or expires after `now`; undefined where none will. */
  nextChange(now: Date): Date | undefined {
    const next = ['due_at', 'expires_at'].flatMap((column) => {
      const row = this.#one(
        `SELECT min(${column}) AS at FROM renewal_in_force WHERE ${column} > $now`,
        { $now: now.getTime() },
      )
      return typeof row?.['at'] === 'number' ? row['at'] : []
    })
    return next.length === 0 ? undefined : new Date(Math.min(...next))
  }

  /** A page of what fits, the soonest to expire first, and how many fit in all. */
  page(
    filter: ExpiryFilter,
    now: Date,
    page: { readonly offset: number; readonly limit: number },
  ): { rows: InForce[]; total: number } {
    const { sql, values } = conditions(filter, now)
    // Rows of the ledger are wide: only those of the page are read, unless words have to be found in them.
    const searched = filter.search === '' ? '' : 'JOIN credentials c ON c.id = f.id'
    const fitting = `SELECT f.id, f.expires_at FROM renewal_in_force f ${searched} WHERE 1 ${sql}`
    const total = Number(this.#one(`SELECT count(*) AS n FROM (${fitting})`, values)?.['n'] ?? 0)
    const rows = this.#all(
      `SELECT c.* FROM (${fitting} ORDER BY f.expires_at, f.id LIMIT $limit OFFSET $offset) p
       JOIN credentials c ON c.id = p.id ORDER BY p.expires_at, p.id`,
      { ...values, $limit: page.limit, $offset: page.offset },
    )
    return { rows: rows.map(inForceOf), total }
  }

  /** Those of these ids that are in force. */
  withIds(ids: readonly string[]): InForce[] {
    const statement = this.#database.prepare(
      'SELECT c.* FROM renewal_in_force f JOIN credentials c ON c.id = f.id WHERE f.id = $id',
    )
    return ids.flatMap((id) => {
      const row = statement.get({ $id: id })
      return row === undefined ? [] : inForceOf(row)
    })
  }

  #count(filter: Partial<ExpiryFilter>, condition: string, more: Values): number {
    const { sql, values } = conditions(filter)
    const row = this.#one(
      `SELECT count(*) AS n FROM renewal_in_force f WHERE ${condition} ${sql}`,
      { ...values, ...more },
    )
    return Number(row?.['n'] ?? 0)
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
    parts.push('f.tenant = $tenant')
    values['$tenant'] = tenant
  }
  if (status !== 'all' && now !== undefined) {
    parts.push({ ok: IS_OK, due: IS_DUE, expired: IS_EXPIRED }[status])
    values['$now'] = now.getTime()
  }
  if (search !== '') {
    const fits = SEARCHED.map((column) => `c.${column} LIKE $search ESCAPE '\\'`)
    parts.push(`(${fits.join(' OR ')})`)
    values['$search'] = `%${search.replaceAll(/[\\%_]/gu, String.raw`\$&`)}%`
  }
  if (from !== null) {
    parts.push('f.expires_at >= $after')
    values['$after'] = Date.parse(from)
  }
  if (until !== null) {
    parts.push('f.expires_at < $before')
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
