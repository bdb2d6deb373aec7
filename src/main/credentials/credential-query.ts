import type { CredentialFilter, CredentialOrder } from '#shared/contract/credentials.ts'

/** A condition on the table `credentials`, with its values. */
export interface Condition {
  readonly sql: string
  readonly values: readonly (string | number)[]
}

const USABLE = "state IN ('pending', 'active') AND expires_at > ?"
const EXPIRED = "state IN ('pending', 'active') AND expires_at <= ?"

/** `ABCD-EFGH…`, also cut: the short form of a key, which is not in the table. */
const FINGERPRINT = /^[A-Z2-7]{1,4}(?:-[A-Z2-7]{0,4}){1,3}$/u

const ORDER_BY: Readonly<Record<CredentialOrder['by'], string>> = {
  name: 'name COLLATE NOCASE',
  tenant: 'tenant COLLATE NOCASE',
  role: 'role',
  issuedAt: 'issued_at',
  expiresAt: 'expires_at',
  // Trouble first, as in the fleet.
  state:
    "CASE state WHEN 'pending' THEN 1 WHEN 'active' THEN iif(expires_at <= unixepoch() * 1000, 0, 2) WHEN 'revoked' THEN 3 ELSE 4 END",
}

/**
 * The rows that a filter lets through. `fingerprint(public_key)` has to be a function of the database.
 * @param withState false leaves the filter's state out, to count by it
 */
export function conditionOf(filter: CredentialFilter, now: Date, withState = true): Condition {
  const parts: Condition[] = [
    ...(filter.internal ? [] : [{ sql: "delivery <> 'internal'", values: [] }]),
    ...(filter.tenant === null ? [] : [{ sql: 'tenant = ?', values: [filter.tenant] }]),
    ...(filter.role === null ? [] : [{ sql: 'role = ?', values: [filter.role] }]),
    ...(withState ? stateCondition(filter.state, now) : []),
    ...expiryCondition(filter.expiresBefore, now),
    ...filter.text.split(/\s+/u).filter(Boolean).map(wordCondition),
  ]
  return {
    sql: parts.length === 0 ? '1' : parts.map(({ sql }) => `(${sql})`).join(' AND '),
    values: parts.flatMap(({ values }) => values),
  }
}

/** Sums of a row of counts, by state. */
export function countColumns(now: Date): Condition {
  const at = now.getTime()
  return {
    sql: `count(*) AS "all", total(${USABLE}) AS usable, total(state = 'pending' AND expires_at > ?) AS pending,
      total(${EXPIRED}) AS expired, total(state = 'revoked') AS revoked, total(state = 'struck') AS struck`,
    values: [at, at, at],
  }
}

/**
 * Newest first where the rest is equal, so that pages never overlap.
 * @param text what is looked for: every row has to be read then, and in the order of an index that
 *   would take three times as long, which the plus rules out
 */
export function orderOf({ by, descending }: CredentialOrder, text: string): string {
  const plus = text.trim() === '' ? '' : '+'
  const direction = descending ? 'DESC' : 'ASC'
  // Said of a column that is never null, it would keep SQLite from going by an index.
  const nulls = by === 'tenant' ? 'NULLS LAST' : ''
  return `${plus}${ORDER_BY[by]} ${direction} ${nulls}, rowid DESC`
}

function stateCondition(state: CredentialFilter['state'], now: Date): Condition[] {
  const at = now.getTime()
  switch (state) {
    case 'all':
      return []
    case 'usable':
      return [{ sql: USABLE, values: [at] }]
    case 'expired':
      return [{ sql: EXPIRED, values: [at] }]
    case 'pending':
    case 'active':
      return [{ sql: 'state = ? AND expires_at > ?', values: [state, at] }]
    case 'revoked':
    case 'struck':
      return [{ sql: 'state = ?', values: [state] }]
  }
}

function expiryCondition(before: string | null, now: Date): Condition[] {
  if (before === null) return []
  return [{ sql: `${USABLE} AND expires_at < ?`, values: [now.getTime(), Date.parse(before)] }]
}

function wordCondition(word: string): Condition {
  const upper = word.toUpperCase()
  // Of ASCII letters LIKE takes small and capital ones for the same.
  const like = `%${word.replaceAll(/[\\%_]/gu, String.raw`\$&`)}%`
  if (FINGERPRINT.test(upper) && upper.includes('-')) {
    // A key has several rows, and to work out a fingerprint is dear; the limit keeps it behind DISTINCT.
    const keys = `SELECT public_key FROM (SELECT DISTINCT public_key FROM credentials LIMIT -1)
      WHERE instr(fingerprint(public_key), ?) > 0`
    return {
      sql: `public_key IN (${keys}) OR ${contains('name')} OR ${contains('device_id')}`,
      values: [upper, like, like],
    }
  }
  const fields = ['name', 'device_id', 'tenant', 'public_key', 'id']
  return { sql: fields.map(contains).join(' OR '), values: fields.map(() => like) }
}

function contains(field: string): string {
  return String.raw`${field} LIKE ? ESCAPE '\'`
}
