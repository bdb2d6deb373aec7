import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { AuditFilter, AuditLine, AuditPage } from '#shared/contract/audit.ts'
import { entryOf } from './audit-entry.ts'

/** Rows read in one go for an export. */
const EXPORT_ROWS = 2_000

/** A begun use whose end is told by an entry of its own. */
const ENDED = 'EXISTS (SELECT 1 FROM audit_entries AS ending WHERE ending.begun = entry.seq)'

const REASON = "CASE WHEN json_valid(body) THEN json_extract(body, '$.reason') END"

export interface AuditQuery {
  readonly filter: AuditFilter
  readonly before: number | null
  readonly limit: number
}

/** Looks entries up. */
export class AuditReader {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** Entries that match, newest first. One that is unreadable is left out: the check tells of it. */
  list({ filter, before, limit }: AuditQuery): AuditPage {
    const { where, values } = conditions(filter)
    const total = this.#database
      .prepare(`SELECT count(*) AS total FROM audit_entries AS entry WHERE ${where}`)
      .get(...values)
    const rows = this.#database
      .prepare(
        `SELECT seq, body, hash, result = 'begun' AND NOT ${ENDED} AS interrupted
         FROM audit_entries AS entry WHERE ${where} AND seq < ? ORDER BY seq DESC LIMIT ?`,
      )
      .all(...values, before ?? Number.MAX_SAFE_INTEGER, limit)
    const lines = rows.flatMap(({ body, hash, interrupted }): AuditLine[] => {
      const entry = entryOf(String(body))
      if (entry === undefined) return []
      const { v: _version, ...fields } = entry
      return [{ ...fields, interrupted: interrupted === 1, hash: String(hash) }]
    })
    const last = rows.at(-1)?.['seq']
    return {
      lines,
      total: Number(total?.['total'] ?? 0),
      next: rows.length === limit && typeof last === 'number' ? last : null,
    }
  }

  /** When an entry was written; null where it is not there. */
  at(seq: number): string | null {
    const row = this.#database.prepare('SELECT body FROM audit_entries WHERE seq = ?').get(seq)
    return row === undefined ? null : (entryOf(String(row['body']))?.at ?? null)
  }

  /** Breaks that were acknowledged, by their id. */
  acknowledgements(): Map<string, { at: string; user: string; reason: string; seq: number }> {
    const rows = this.#database
      .prepare("SELECT body FROM audit_entries WHERE action = 'audit-acknowledge' ORDER BY seq")
      .all()
    return new Map(
      rows.flatMap(({ body }) => {
        const entry = entryOf(String(body))
        if (entry === undefined) return []
        const { at, user, reason, seq, subject } = entry
        return [[subject, { at, user, reason, seq }] as const]
      }),
    )
  }

  /** Every entry as a line of JSON, its hash the last field: without that, it is what was hashed. */
  *exportLines(): Generator<string> {
    const page = this.#database.prepare(
      'SELECT seq, body, hash FROM audit_entries WHERE seq > ? ORDER BY seq LIMIT ?',
    )
    for (let last = 0; ;) {
      const rows = page.all(last, EXPORT_ROWS)
      for (const row of rows) {
        last = Number(row['seq'])
        yield exportLine(String(row['body']), String(row['hash']), last)
      }
      if (rows.length < EXPORT_ROWS) return
    }
  }
}

function exportLine(body: string, hash: string, seq: number): string {
  // What is no entry any more is told as it is found; no verifier takes it for one.
  if (entryOf(body) === undefined) return JSON.stringify({ seq, unreadable: body, hash })
  return `${body.slice(0, -1)},"hash":${JSON.stringify(hash)}}`
}

function conditions(filter: AuditFilter): { where: string; values: SQLInputValue[] } {
  const { action, result, key, text, from, to, beginnings } = filter
  const parts: string[] = ['seq > 0']
  const values: SQLInputValue[] = []
  const add = (part: string, ...of: SQLInputValue[]) => {
    parts.push(part)
    values.push(...of)
  }
  if (!beginnings) add(`(result <> 'begun' OR NOT ${ENDED})`)
  if (action !== null) add('action = ?', action)
  if (result === 'interrupted') add(`result = 'begun' AND NOT ${ENDED}`)
  else if (result !== null) add('result = ?', result)
  if (key !== null) add('key = ?', key)
  if (from !== null) add('at >= ?', new Date(from).toISOString())
  if (to !== null) add('at <= ?', new Date(to).toISOString())
  const words = text.trim()
  if (words !== '') {
    const pattern = `%${words.replaceAll(/[\\%_]/gu, (char) => `\\${char}`)}%`
    add(
      String.raw`(subject LIKE ? ESCAPE '\' OR key LIKE ? ESCAPE '\' OR ${REASON} LIKE ? ESCAPE '\')`,
      pattern,
      pattern,
      pattern,
    )
  }
  return { where: parts.join(' AND '), values }
}
