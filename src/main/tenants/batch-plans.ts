import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { InternalError } from '#shared/errors.ts'
import type { WantedSettings } from '../authority/account-claims.ts'

const Plan = z.strictObject({
  folder: z.string(),
  isolation: z.enum(['account', 'shared']),
  validDays: z.int(),
  tenants: z.array(
    z.strictObject({
      name: z.string(),
      isolation: z.enum(['account', 'shared']),
      credentials: z.array(z.string()),
      wanted: z.custom<WantedSettings>().nullable(),
    }),
  ),
})

/** What a batch is to make. Names only; nothing in it is secret. */
export type BatchPlan = z.infer<typeof Plan> & { readonly id: string; readonly begunAt: Date }

/** The plans of batches that have not ended. */
export class BatchPlans {
  readonly #database: DatabaseSync
  readonly #held = new Map<string, BatchPlan>()

  /** @param database with AUTHORITY_MIGRATIONS applied */
  constructor(database: DatabaseSync) {
    this.#database = database
  }

  add(plan: BatchPlan): void {
    const { id, begunAt, ...rest } = plan
    this.#database
      .prepare('INSERT INTO tenant_batches (id, plan, begun_at) VALUES (?, ?, ?)')
      .run(id, JSON.stringify(Plan.parse(rest)), begunAt.getTime())
  }

  find(id: string): BatchPlan | undefined {
    const held = this.#held.get(id)
    if (held !== undefined) return held
    const row = this.#database
      .prepare('SELECT plan, begun_at FROM tenant_batches WHERE id = ?')
      .get(id)
    if (row === undefined) return undefined
    const begunAt = new Date(Number(row['begun_at']))
    const plan = { ...Plan.parse(JSON.parse(String(row['plan']))), id, begunAt }
    this.#held.set(id, plan)
    return plan
  }

  /** @throws InternalError `BATCH_LOST` */
  get(id: string): BatchPlan {
    const plan = this.find(id)
    if (plan !== undefined) return plan
    throw new InternalError({
      code: 'BATCH_LOST',
      message: 'The plan of this batch is not in the profile database any more.',
      advice: 'Discard the batch. The tenants that were made are in the list.',
    })
  }

  remove(id: string): void {
    this.#held.delete(id)
    this.#database.prepare('DELETE FROM tenant_batches WHERE id = ?').run(id)
  }

  /** Removes the plans of batches that ended while nobody could note it. */
  keepOnly(ids: readonly string[]): void {
    const all = this.#database.prepare('SELECT id FROM tenant_batches').all()
    for (const row of all) if (!ids.includes(String(row['id']))) this.remove(String(row['id']))
  }
}
