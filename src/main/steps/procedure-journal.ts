import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { z } from 'zod'
import { Problem } from '#shared/contract/common.ts'
import { explainDatabaseError } from '../storage/database.ts'

const Json = z.string().transform((text): unknown => JSON.parse(text))

const Row = z.object({
  id: z.string(),
  kind: z.string(),
  subject: z.string(),
  direction: z.enum(['forward', 'back']),
  state: Json,
  done: Json.pipe(z.array(z.string())),
  current: z.string().nullable(),
  problem: Json.pipe(Problem).nullable(),
  begun_at: z.int(),
  changed_at: z.int(),
})

/** A procedure that has not ended, as the journal has it. */
export type JournalEntry = z.infer<typeof Row>

type Change = Partial<Omit<JournalEntry, 'id' | 'kind' | 'subject' | 'begun_at' | 'changed_at'>>

/**
 * The table of unfinished procedures. Every write is on disk before the procedure goes on.
 * Its writes throw TransientError `DISK_FULL`.
 */
export class ProcedureJournal {
  readonly #database: DatabaseSync
  readonly #now: () => Date

  /** @param database with PROCEDURE_MIGRATIONS applied */
  constructor(database: DatabaseSync, now: () => Date) {
    this.#database = database
    this.#now = now
  }

  entries(): JournalEntry[] {
    return this.#select('ORDER BY begun_at, rowid')
  }

  entry(id: string): JournalEntry | undefined {
    return this.#select('WHERE id = ?', id)[0]
  }

  entryOn(subject: string): JournalEntry | undefined {
    return this.#select('WHERE subject = ?', subject)[0]
  }

  add(entry: { id: string; kind: string; subject: string; state: unknown }): void {
    const at = this.#now().getTime()
    this.#write(
      `INSERT INTO procedures (id, kind, subject, direction, state, done, begun_at, changed_at)
       VALUES (?, ?, ?, 'forward', ?, '[]', ?, ?)`,
      [entry.id, entry.kind, entry.subject, JSON.stringify(entry.state), at, at],
    )
  }

  change(id: string, change: Change): void {
    const columns = Object.entries(change)
    const values = columns.map(([column, value]) =>
      column === 'direction' || column === 'current' || value === null
        ? (value as string | null)
        : JSON.stringify(value),
    )
    this.#write(
      `UPDATE procedures SET ${columns.map(([column]) => `${column} = ?, `).join('')} changed_at = ? WHERE id = ?`,
      [...values, this.#now().getTime(), id],
    )
  }

  remove(id: string): void {
    this.#write('DELETE FROM procedures WHERE id = ?', [id])
  }

  /** Puts everything written so far on the disk itself, past a power cut; costs an fsync. */
  makeDurable(): void {
    this.#database.exec('PRAGMA synchronous = FULL')
    try {
      this.#write('UPDATE procedures SET changed_at = ?', [this.#now().getTime()])
    } finally {
      this.#database.exec('PRAGMA synchronous = NORMAL')
    }
  }

  #write(sql: string, values: readonly SQLInputValue[]): void {
    try {
      this.#database.prepare(sql).run(...values)
    } catch (error) {
      throw explainDatabaseError(error)
    }
  }

  #select(rest: string, ...values: string[]): JournalEntry[] {
    return this.#database
      .prepare(`SELECT * FROM procedures ${rest}`)
      .all(...values)
      .map((row) => Row.parse(row))
  }
}
