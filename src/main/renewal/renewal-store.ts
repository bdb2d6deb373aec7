import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { z } from 'zod'
import { Problem } from '#shared/contract/common.ts'
import { RenewalDeliveryKind, RenewalItemState, RenewalJob } from '#shared/contract/renewal.ts'
import { inTransaction } from '../storage/database.ts'

const StoredProblem = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(Problem)
  .nullable()

const JobRow = z.object({
  id: z.string(),
  state: RenewalJob.shape.state,
  at_once: z.int(),
  spread_minutes: z.int(),
  valid_days: z.int(),
  folder: z.string().nullable(),
  problem: StoredProblem,
  started_at: z.int(),
  ended_at: z.int().nullable(),
})

const ItemRow = z.object({
  job_id: z.string(),
  sequence: z.int(),
  ledger_id: z.string(),
  public_key: z.string(),
  delivery: RenewalDeliveryKind,
  account: z.string(),
  role: z.string(),
  tenant: z.string().nullable(),
  device_id: z.string().nullable(),
  name: z.string(),
  state: RenewalItemState,
  starts_at: z.int(),
  new_ledger_id: z.string().nullable(),
  digest: z.string().nullable(),
  delivered_at: z.int().nullable(),
  deadline: z.int().nullable(),
  expires_at: z.int().nullable(),
  problem: StoredProblem,
  ended_at: z.int().nullable(),
})

/** A renewal of one or many credentials. Times are epoch milliseconds. */
export type JobRecord = z.infer<typeof JobRow>
/** One credential in it. */
export type ItemRecord = z.infer<typeof ItemRow>
export type NewItem = Pick<
  ItemRecord,
  | 'ledger_id'
  | 'public_key'
  | 'delivery'
  | 'account'
  | 'role'
  | 'tenant'
  | 'device_id'
  | 'name'
  | 'starts_at'
>
type ItemChange = Partial<
  Omit<ItemRecord, 'job_id' | 'sequence' | 'ledger_id' | 'public_key' | 'problem'>
> & { readonly problem?: Problem | null }
type JobChange = Partial<Pick<JobRecord, 'state' | 'ended_at' | 'folder'>> & {
  readonly problem?: Problem | null
}

/** What is under way: nothing else may renew the same credential meanwhile. */
const OPEN = "('waiting', 'issuing', 'delivering', 'awaiting')"
/** Jobs kept for the list; older ones that have ended go. */
const KEPT_JOBS = 100

/** Jobs and their items, written down at every step, so that a restart goes on where they were. */
export class RenewalStore {
  readonly #database: DatabaseSync

  /** @param database with RENEWAL_MIGRATIONS applied */
  constructor(database: DatabaseSync) {
    this.#database = database
  }

  add(job: Omit<JobRecord, 'state' | 'problem' | 'ended_at'>, items: readonly NewItem[]): void {
    inTransaction(this.#database, () => {
      this.#database
        .prepare(
          `DELETE FROM renewal_jobs WHERE ended_at IS NOT NULL AND id NOT IN (
             SELECT id FROM renewal_jobs ORDER BY started_at DESC LIMIT ${KEPT_JOBS})`,
        )
        .run()
      this.#database
        .prepare(
          `INSERT INTO renewal_jobs (id, state, at_once, spread_minutes, valid_days, folder, started_at)
           VALUES (?, 'running', ?, ?, ?, ?, ?)`,
        )
        .run(job.id, job.at_once, job.spread_minutes, job.valid_days, job.folder, job.started_at)
      const insert = this.#database.prepare(
        `INSERT INTO renewal_items (job_id, sequence, ledger_id, public_key, delivery, account, role,
           tenant, device_id, name, state, starts_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?)`,
      )
      for (const [sequence, item] of items.entries()) {
        const { ledger_id, public_key, delivery, account, role, tenant, device_id, name } = item
        insert.run(
          job.id,
          sequence,
          ledger_id,
          public_key,
          delivery,
          account,
          role,
          tenant,
          device_id,
          name,
          item.starts_at,
        )
      }
    })
  }

  job(id: string): JobRecord | undefined {
    const row = this.#database.prepare('SELECT * FROM renewal_jobs WHERE id = ?').get(id)
    return row === undefined ? undefined : JobRow.parse(row)
  }

  /** The newest first. */
  jobs(): JobRecord[] {
    const sql = 'SELECT * FROM renewal_jobs ORDER BY started_at DESC, rowid DESC'
    return this.#database
      .prepare(sql)
      .all()
      .map((row) => JobRow.parse(row))
  }

  changeJob(id: string, change: JobChange): void {
    const { names, values } = assignments(change)
    this.#database.prepare(`UPDATE renewal_jobs SET ${names} WHERE id = ?`).run(...values, id)
  }

  /** How many items of a job are in which state. */
  counts(jobId: string): ReadonlyMap<RenewalItemState, number> {
    const rows = this.#database
      .prepare('SELECT state, count(*) AS n FROM renewal_items WHERE job_id = ? GROUP BY state')
      .all(jobId)
    return new Map(rows.map((row) => [row['state'] as RenewalItemState, Number(row['n'])]))
  }

  item(jobId: string, sequence: number): ItemRecord | undefined {
    return this.#items('WHERE job_id = ? AND sequence = ?', jobId, sequence)[0]
  }

  /** The next one to begin. */
  nextWaiting(jobId: string): ItemRecord | undefined {
    const rest = "WHERE job_id = ? AND state = 'waiting' ORDER BY starts_at, sequence LIMIT 1"
    return this.#items(rest, jobId)[0]
  }

  /** Those that were begun and have not ended. */
  begun(jobId: string): ItemRecord[] {
    const rest = "WHERE job_id = ? AND state IN ('issuing', 'delivering', 'awaiting')"
    return this.#items(`${rest} ORDER BY sequence`, jobId)
  }

  page(
    jobId: string,
    states: readonly RenewalItemState[] | null,
    page: { readonly offset: number; readonly limit: number },
  ): { rows: ItemRecord[]; total: number } {
    const where =
      states === null
        ? 'WHERE job_id = ?'
        : `WHERE job_id = ? AND state IN (${states.map(() => '?').join(', ')})`
    const values = [jobId, ...(states ?? [])]
    const count = this.#database.prepare(`SELECT count(*) AS n FROM renewal_items ${where}`)
    return {
      rows: this.#items(
        `${where} ORDER BY sequence LIMIT ? OFFSET ?`,
        ...values,
        page.limit,
        page.offset,
      ),
      total: Number(count.get(...values)?.['n'] ?? 0),
    }
  }

  /**
   * Items whose new credential may yet be used: files that lie somewhere, and what was taken back
   * without a revocation.
   */
  unseen(now: Date): ItemRecord[] {
    return this.#items(
      `WHERE state IN ('written', 'rolled-back') AND expires_at > ? AND new_ledger_id IS NOT NULL`,
      now.getTime(),
    )
  }

  /** Of these credentials those that a renewal is under way for. */
  underWay(ledgerIds: readonly string[]): ReadonlySet<string> {
    const statement = this.#database.prepare(
      `SELECT 1 FROM renewal_items WHERE ledger_id = ? AND state IN ${OPEN} LIMIT 1`,
    )
    return new Set(ledgerIds.filter((id) => statement.get(id) !== undefined))
  }

  /** Whether a file of a renewal of this credential waits to be used. */
  hasFile(ledgerId: string, now: Date): boolean {
    return (
      this.#database
        .prepare(
          "SELECT 1 FROM renewal_items WHERE ledger_id = ? AND state = 'written' AND expires_at > ? LIMIT 1",
        )
        .get(ledgerId, now.getTime()) !== undefined
    )
  }

  changeItem({ job_id, sequence }: ItemRecord, change: ItemChange): void {
    const { names, values } = assignments(change)
    this.#database
      .prepare(`UPDATE renewal_items SET ${names} WHERE job_id = ? AND sequence = ?`)
      .run(...values, job_id, sequence)
  }

  /** Ends all items that have not begun. */
  cancelWaiting(jobId: string, now: Date): void {
    this.#database
      .prepare(
        "UPDATE renewal_items SET state = 'cancelled', ended_at = ? WHERE job_id = ? AND state = 'waiting'",
      )
      .run(now.getTime(), jobId)
  }

  /** Puts off everything that waits, so that time without the app does not pile up. */
  putOff(jobId: string, byMs: number): void {
    this.#database
      .prepare(
        "UPDATE renewal_items SET starts_at = starts_at + ? WHERE job_id = ? AND state = 'waiting'",
      )
      .run(byMs, jobId)
  }

  #items(rest: string, ...values: (string | number)[]): ItemRecord[] {
    return this.#database
      .prepare(`SELECT * FROM renewal_items ${rest}`)
      .all(...values)
      .map((row: Record<string, SQLOutputValue>) => ItemRow.parse(row))
  }
}

/** A change as the assignments of an UPDATE. */
function assignments(change: Readonly<Record<string, unknown>>): {
  readonly names: string
  readonly values: (string | number | null)[]
} {
  const entries = Object.entries(change)
  return {
    names: entries.map(([name]) => `${name} = ?`).join(', '),
    values: entries.map(([name, value]) =>
      name === 'problem' && value !== null
        ? JSON.stringify(value)
        : (value as string | number | null),
    ),
  }
}
