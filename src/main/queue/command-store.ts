import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { CommandState, type QueuedCommand } from '#shared/contract/queue.ts'
import { MAX_ATTEMPTS } from './command-state.ts'

const Params = z.record(z.string(), z.unknown())
const Failure = z.strictObject({ code: z.string(), message: z.string() })
const Row = z.object({
  id: z.string(),
  tenant: z.string(),
  device_id: z.string(),
  function_name: z.string(),
  params: z.string(),
  requested_by: z.string(),
  elsewhere: z.int(),
  state: CommandState,
  enqueued_at: z.int(),
  deadline: z.int().nullable(),
  sequence: z.int().nullable(),
  copies: z.int(),
  attempts: z.int(),
  result: z.string().nullable(),
  error: z.string().nullable(),
  may_have_run: z.int(),
  ended_at: z.int().nullable(),
})

/** States of a command that is, or may be, in the queue. */
export const OPEN_STATES = ['sending', 'queued', 'delivered', 'dead'] as const
const OPEN = "state IN ('sending', 'queued', 'delivered', 'dead')"

/** Commands that ended, kept for each device. */
const ENDED_KEPT = 200
/** Shown of one device at most. */
const SHOWN = 300

/** A command with what only main needs of it. */
export interface StoredCommand extends QueuedCommand {
  /** Place in the stream; null until the server confirmed it. */
  readonly sequence: number | null
  /** Times that it was put into the stream. */
  readonly copies: number
}

export type CommandChange = Partial<
  Pick<
    StoredCommand,
    | 'state'
    | 'attempts'
    | 'sequence'
    | 'copies'
    | 'deadline'
    | 'result'
    | 'error'
    | 'mayHaveRun'
    | 'endedAt'
  >
>

/** Commands that this profile queued, or met in a queue. One mesh at a time. */
export class CommandStore {
  readonly #database: DatabaseSync
  readonly #mesh: () => string

  /** @param database with QUEUE_MIGRATIONS applied */
  constructor(database: DatabaseSync, mesh: () => string) {
    this.#database = database
    this.#mesh = mesh
  }

  find(id: string): StoredCommand | undefined {
    const row = this.#database
      .prepare('SELECT * FROM queued_commands WHERE mesh = ? AND id = ?')
      .get(this.#mesh(), id)
    return row === undefined ? undefined : commandOf(row)
  }

  /** The newest first. */
  ofDevice(tenant: string, deviceId: string): StoredCommand[] {
    return this.#select(
      `tenant = ? AND device_id = ? ORDER BY enqueued_at DESC, id LIMIT ${SHOWN}`,
      tenant,
      deviceId,
    )
  }

  /** Those that may be in a queue, in its order. */
  open(tenant: string, deviceId?: string): StoredCommand[] {
    return deviceId === undefined
      ? this.#select(`${OPEN} AND tenant = ? ORDER BY sequence, enqueued_at, id`, tenant)
      : this.#select(
          `${OPEN} AND tenant = ? AND device_id = ? ORDER BY sequence, enqueued_at, id`,
          tenant,
          deviceId,
        )
  }

  /** Devices of which nothing is heard though something may have changed: handed over, unconfirmed, or due. */
  restless(tenant: string, now: Date): string[] {
    return this.#database
      .prepare(
        `SELECT DISTINCT device_id FROM queued_commands WHERE mesh = ? AND ${OPEN} AND tenant = ?
         AND (state IN ('sending', 'delivered') OR deadline <= ?)`,
      )
      .all(this.#mesh(), tenant, now.getTime())
      .map((row) => String(row['device_id']))
  }

  /** When the next deadline is. */
  nextDeadline(tenant: string): Date | undefined {
    const row = this.#database
      .prepare(
        `SELECT min(deadline) AS at FROM queued_commands WHERE mesh = ? AND ${OPEN} AND tenant = ?`,
      )
      .get(this.#mesh(), tenant)
    return typeof row?.['at'] === 'number' ? new Date(row['at']) : undefined
  }

  tenantsWithOpen(): string[] {
    return this.#database
      .prepare(`SELECT DISTINCT tenant FROM queued_commands WHERE mesh = ? AND ${OPEN}`)
      .all(this.#mesh())
      .map((row) => String(row['tenant']))
  }

  /** Every device that a command of this mesh was for and may still wait for. */
  devicesWithOpen(): { tenant: string; deviceId: string }[] {
    return this.#database
      .prepare(`SELECT DISTINCT tenant, device_id FROM queued_commands WHERE mesh = ? AND ${OPEN}`)
      .all(this.#mesh())
      .map((row) => ({ tenant: String(row['tenant']), deviceId: String(row['device_id']) }))
  }

  /** Whether a command was ever queued for a device. */
  knows(tenant: string, deviceId: string): boolean {
    const row = this.#database
      .prepare('SELECT 1 FROM queued_commands WHERE mesh = ? AND tenant = ? AND device_id = ?')
      .get(this.#mesh(), tenant, deviceId)
    return row !== undefined
  }

  /** Dead letters by device. */
  deadOf(tenant: string): Map<string, number> {
    const rows = this.#database
      .prepare(
        `SELECT device_id, count(*) AS dead FROM queued_commands
         WHERE mesh = ? AND tenant = ? AND state = 'dead' GROUP BY device_id`,
      )
      .all(this.#mesh(), tenant)
    return new Map(rows.map((row) => [String(row['device_id']), Number(row['dead'])]))
  }

  /** Adds a command; one that is there stays as it is. */
  add(command: StoredCommand): void {
    this.#database
      .prepare(
        `INSERT OR IGNORE INTO queued_commands
         (mesh, id, tenant, device_id, function_name, params, requested_by, elsewhere, state,
          enqueued_at, deadline, sequence, copies, attempts, result, error, may_have_run, ended_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        this.#mesh(),
        command.id,
        command.tenant,
        command.deviceId,
        command.functionName,
        JSON.stringify(command.params),
        command.by,
        command.elsewhere ? 1 : 0,
        command.state,
        Date.parse(command.enqueuedAt),
        epoch(command.deadline),
        command.sequence,
        command.copies,
        command.attempts,
        json(command.result),
        json(command.error),
        command.mayHaveRun ? 1 : 0,
        epoch(command.endedAt),
      )
  }

  /** Writes a change and returns the command as it is then; undefined where it is gone. */
  change(id: string, change: CommandChange): StoredCommand | undefined {
    const before = this.find(id)
    if (before === undefined) return undefined
    const after = { ...before, ...change }
    this.#database
      .prepare(
        `UPDATE queued_commands SET state = ?, deadline = ?, sequence = ?, copies = ?, attempts = ?,
         result = ?, error = ?, may_have_run = ?, ended_at = ? WHERE mesh = ? AND id = ?`,
      )
      .run(
        after.state,
        epoch(after.deadline),
        after.sequence,
        after.copies,
        after.attempts,
        json(after.result),
        json(after.error),
        after.mayHaveRun ? 1 : 0,
        epoch(after.endedAt),
        this.#mesh(),
        id,
      )
    if (after.endedAt !== null) this.#forgetOldest(after.tenant, after.deviceId)
    return after
  }

  /** Takes out one that never got into a queue. */
  remove(id: string): void {
    this.#database
      .prepare('DELETE FROM queued_commands WHERE mesh = ? AND id = ?')
      .run(this.#mesh(), id)
  }

  removeTenant(tenant: string): void {
    this.#database
      .prepare('DELETE FROM queued_commands WHERE mesh = ? AND tenant = ?')
      .run(this.#mesh(), tenant)
  }

  #forgetOldest(tenant: string, deviceId: string): void {
    this.#database
      .prepare(
        `DELETE FROM queued_commands WHERE mesh = ?1 AND id IN (
           SELECT id FROM queued_commands
           WHERE mesh = ?1 AND tenant = ?2 AND device_id = ?3 AND ended_at IS NOT NULL
           ORDER BY ended_at DESC LIMIT -1 OFFSET ${ENDED_KEPT})`,
      )
      .run(this.#mesh(), tenant, deviceId)
  }

  #select(where: string, ...values: string[]): StoredCommand[] {
    return this.#database
      .prepare(`SELECT * FROM queued_commands WHERE mesh = ? AND ${where}`)
      .all(this.#mesh(), ...values)
      .map(commandOf)
  }
}

/** What the window gets of a command. */
export function shown({ sequence: _s, copies: _c, ...command }: StoredCommand): QueuedCommand {
  return command
}

export function isOpen({ state }: Pick<QueuedCommand, 'state'>): boolean {
  return OPEN_STATES.some((open) => open === state)
}

function commandOf(row: unknown): StoredCommand {
  const fields = Row.parse(row)
  return {
    id: fields.id,
    tenant: fields.tenant,
    deviceId: fields.device_id,
    functionName: fields.function_name,
    params: Params.parse(JSON.parse(fields.params)),
    by: fields.requested_by,
    elsewhere: fields.elsewhere === 1,
    state: fields.state,
    enqueuedAt: new Date(fields.enqueued_at).toISOString(),
    deadline: instant(fields.deadline),
    sequence: fields.sequence,
    copies: fields.copies,
    attempts: fields.attempts,
    maxAttempts: MAX_ATTEMPTS,
    result: fields.result === null ? null : { value: valueIn(fields.result) },
    error: fields.error === null ? null : Failure.parse(JSON.parse(fields.error)),
    mayHaveRun: fields.may_have_run === 1,
    endedAt: instant(fields.ended_at),
  }
}

function valueIn(text: string): unknown {
  const { value } = JSON.parse(text) as { value: unknown }
  return value
}

function json(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value)
}

function epoch(instantText: string | null): number | null {
  return instantText === null ? null : Date.parse(instantText)
}

function instant(epochMs: number | null): string | null {
  return epochMs === null ? null : new Date(epochMs).toISOString()
}
