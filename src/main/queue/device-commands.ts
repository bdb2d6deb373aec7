import { JetStreamApiError, type ConsumerInfo } from '@nats-io/jetstream'
import type { ENDED_CODES } from '#shared/protocol/queue.ts'
import { limitJson } from '#shared/protocol/limit-json.ts'
import type { AsyncReply } from './async-reply.ts'
import { readCommand, type CommandMessage } from './command-message.ts'
import { judge, type ConsumerPosition, type Verdict } from './command-state.ts'
import { isOpen, type CommandStore, type StoredCommand } from './command-store.ts'
import { isSameCommand, newCommand } from './new-command.ts'
import { positionOf, type CommandStream, type QueuedMessage } from './command-stream.ts'
import {
  commandEnded,
  commandUnknown,
  explainQueueError,
  idTaken,
  notDead,
  unconfirmed,
} from './queue-errors.ts'

/** A command that the device has at its deadline gets this much longer to answer. */
const ANSWER_GRACE_MS = 60_000
/** A command that the server never confirmed and does not have was lost after that. */
const CONFIRM_GRACE_MS = 10_000
/** Messages of a device that are looked at: a stream that others made may hold more than ours would. */
const MAX_LOOKED_AT = 1_000
/** An answer that comes later is not looked for. */
const LATE_ANSWER_MS = 24 * 60 * 60 * 1000
/** A result that is larger is cut for the list. */
const RESULT_LIMITS = { maxDepth: 32, maxValues: 5_000 } as const

export interface QueueTiming {
  /** Silence after which the server delivers again; 30 s unless told. */
  readonly ackWaitMs?: number
  readonly answerGraceMs?: number
  /** Without a delivery for so long a consumer is taken away; seven days unless told. */
  readonly idleConsumerMs?: number
}

export interface DeviceCommandsOptions {
  readonly tenant: string
  readonly deviceId: string
  readonly stream: CommandStream
  readonly store: CommandStore
  readonly timing: QueueTiming
  readonly now: () => Date
  readonly onConsumer: (info: ConsumerInfo | undefined) => void
  /** A command became a dead letter. */
  readonly onDead: (command: StoredCommand) => void
}

interface Snapshot {
  readonly waiting: ReadonlyMap<string, readonly QueuedMessage[]>
  readonly position: ConsumerPosition | undefined
  /** What lies further back was not looked at. */
  readonly upTo: number
}

/** The commands of one device: what the server has of them, and what is done to them. One caller at a time. */
export class DeviceCommands {
  readonly #options: DeviceCommandsOptions

  constructor(options: DeviceCommandsOptions) {
    this.#options = options
  }

  /**
   * Puts a command into the queue: noted here, then handed to the server, and struck again where that
   * refuses. The same command again is the one that is there.
   * @throws ConflictError `COMMAND_ID_TAKEN`, `QUEUE_CONSUMER_TAKEN`; RejectedError `QUEUE_…`; TransientError
   *   `QUEUE_UNCONFIRMED`, `QUEUE_UNREACHABLE`.
   */
  async enqueue(command: CommandMessage): Promise<StoredCommand> {
    const { stream, store, tenant, deviceId } = this.#options
    const existing = store.find(command.id)
    if (existing !== undefined) {
      if (!isSameCommand(existing, this.#options, command)) throw idTaken()
      return existing
    }
    const sending = newCommand(this.#options, command, this.#options.now())
    stream.requireFits(command)
    try {
      await stream.ensureConsumer(deviceId)
    } catch (error) {
      throw explainQueueError(error, tenant)
    }
    store.add(sending)
    try {
      const sequence = await stream.put(deviceId, command, 1)
      return this.#change(command.id, { state: 'queued', sequence })
    } catch (error) {
      // Only a refusal in so many words says that the server does not have it.
      if (!(error instanceof JetStreamApiError)) throw unconfirmed(error)
      store.remove(command.id)
      throw explainQueueError(error, tenant)
    } finally {
      await this.#readConsumer().catch(() => undefined)
    }
  }

  /**
   * Takes a command out of the queue. Where the device has it already, it may still carry it out.
   * @throws ConflictError `COMMAND_ENDED` where it ended otherwise; RejectedError `COMMAND_UNKNOWN`.
   */
  async cancel(id: string): Promise<StoredCommand> {
    const command = await this.#current(id)
    if (command.state === 'cancelled' || command.state === 'discarded') return command
    if (!isOpen(command)) throw commandEnded(command.state)
    const state = command.state === 'dead' ? 'discarded' : 'cancelled'
    return this.#takeOut(command, state, 'It was cancelled before it was carried out.')
  }

  /** Takes a dead letter out. @throws ConflictError `COMMAND_NOT_DEAD`, `COMMAND_ENDED`; RejectedError `COMMAND_UNKNOWN`. */
  async discard(id: string): Promise<StoredCommand> {
    const command = await this.#current(id)
    if (command.state === 'discarded') return command
    if (!isOpen(command)) throw commandEnded(command.state)
    if (command.state !== 'dead') throw notDead()
    return this.#takeOut(command, 'discarded', 'It failed too often and was discarded.')
  }

  /**
   * Queues a dead letter once more, as the same command: a device that did carry it out answers as before.
   * @throws as `discard`, and as `enqueue`.
   */
  async requeue(id: string, deadline: Date): Promise<StoredCommand> {
    const { stream, deviceId, tenant } = this.#options
    const command = await this.#current(id)
    if (!isOpen(command)) throw commandEnded(command.state)
    if (command.state !== 'dead') throw notDead()
    const copies = command.copies + 1
    const { functionName, params, by } = command
    try {
      const message = { id, functionName, params, by, deadline }
      const sequence = await stream.put(deviceId, message, copies)
      // The new one first: at no moment is there none.
      if (command.sequence !== null) await stream.remove(command.sequence)
      return this.#change(id, {
        state: 'queued',
        sequence,
        copies,
        attempts: 0,
        error: null,
        deadline: deadline.toISOString(),
      })
    } catch (error) {
      throw explainQueueError(error, tenant)
    } finally {
      await this.#readConsumer().catch(() => undefined)
    }
  }

  /** Takes everything out, with the consumer. */
  async removeAll(why: string): Promise<void> {
    const { stream, store, tenant, deviceId, now } = this.#options
    const commands = store.open(tenant, deviceId)
    await stream.removeDevice(deviceId)
    this.#options.onConsumer(undefined)
    for (const { id, state } of commands) {
      const error = { code: 'discarded', message: why }
      stream.announce(deviceId, id, error)
      this.#change(id, {
        state: 'discarded',
        error,
        mayHaveRun: state === 'delivered',
        endedAt: now().toISOString(),
      })
    }
  }

  /**
   * Brings what is recorded in step with what the server has: takes up commands that others queued, learns
   * what became of each, ends those whose time is over, and takes out what was left behind.
   */
  async reconcile(): Promise<void> {
    const { store, tenant, deviceId, stream } = this.#options
    if (stream.name === undefined) await stream.find()
    const snapshot = await this.#look()
    for (const [id, messages] of snapshot.waiting) {
      await this.#takeUp(id, messages)
    }
    // Of another tool, or taken away meanwhile: without one the device asks in vain.
    if (snapshot.waiting.size > 0 && snapshot.position === undefined) {
      await stream.ensureConsumer(deviceId)
    }
    let deadBefore = 0
    for (const command of store.open(tenant, deviceId)) {
      if ((command.sequence ?? 0) > snapshot.upTo) continue
      const after = await this.#settle(command, snapshot, deadBefore)
      if (after.state === 'dead' && liesAhead(after, snapshot)) deadBefore += 1
    }
    for (const command of store.ofDevice(tenant, deviceId)) await this.#hearLate(command)
  }

  async #look(): Promise<Snapshot> {
    const { stream, deviceId } = this.#options
    const messages = await stream.waiting(deviceId, MAX_LOOKED_AT)
    const waiting = new Map<string, QueuedMessage[]>()
    for (const each of messages) {
      const command = readCommand(each.message.string(), each.message.header)
      // What no device could carry out is left to the person who put it there; it is counted in the lag.
      if (command === undefined) continue
      waiting.set(command.id, [...(waiting.get(command.id) ?? []), each])
    }
    const consumer = await this.#readConsumer()
    const last = messages.length < MAX_LOOKED_AT ? undefined : messages.at(-1)
    return {
      waiting,
      position: consumer === undefined ? undefined : positionOf(consumer),
      upTo: last?.sequence ?? Number.POSITIVE_INFINITY,
    }
  }

  async #readConsumer(): Promise<ConsumerInfo | undefined> {
    const consumer = await this.#options.stream.consumer(this.#options.deviceId)
    this.#options.onConsumer(consumer)
    return consumer
  }

  /** A command in the queue that this profile does not know, or knows to have ended. */
  async #takeUp(id: string, messages: readonly QueuedMessage[]): Promise<void> {
    const { store, stream } = this.#options
    const known = store.find(id)
    const newest = messages.at(-1)
    if (newest === undefined) return
    // Of a dead letter that was queued again while this app died.
    for (const { sequence } of messages.slice(0, -1)) await stream.remove(sequence)
    if (known === undefined) {
      const command = readCommand(newest.message.string(), newest.message.header)
      if (command === undefined) return
      store.add({
        ...newCommand(this.#options, command, newest.message.time),
        state: 'queued',
        elsewhere: true,
        sequence: newest.sequence,
      })
    } else if (isOpen(known) || known.state === 'gone') {
      this.#change(id, {
        sequence: newest.sequence,
        ...(known.state === 'gone' ? { state: 'queued', endedAt: null } : {}),
      })
    } else {
      // It ended, and a server that was cut off forgot that.
      await stream.remove(newest.sequence)
    }
  }

  async #settle(
    command: StoredCommand,
    { waiting, position }: Snapshot,
    deadBefore: number,
  ): Promise<StoredCommand> {
    const { stream, deviceId } = this.#options
    const copy = waiting.get(command.id)?.at(-1)
    const sequence = copy?.sequence ?? (await this.#overlooked(command))
    const reached = sequence === undefined || (position?.delivered.stream ?? 0) >= sequence
    let reply = reached ? await stream.reply(deviceId, command.id, copy?.message.time) : undefined
    let verdict = judge({ sequence, consumer: position, reply, deadBefore })
    if (verdict.state === 'dead' && sequence !== undefined && !(await stream.holds(sequence))) {
      // It was acknowledged between the two looks.
      reply = await stream.reply(deviceId, command.id)
      verdict = judge({ sequence: undefined, consumer: position, reply, deadBefore })
    }
    if (verdict.leftOver && sequence !== undefined) await stream.remove(sequence)
    if (verdict.state === 'gone' && command.state === 'sending') return this.#lost(command)
    const after = this.#record(command, verdict, reply, sequence)
    if (after.state === 'dead' && command.state !== 'dead') this.#options.onDead(after)
    return isOpen(after) ? this.#expireIfDue(after) : after
  }

  /** Its place, where it came into the queue only after that was looked at. */
  async #overlooked({ sequence }: StoredCommand): Promise<number | undefined> {
    if (sequence === null) return undefined
    return (await this.#options.stream.holds(sequence)) ? sequence : undefined
  }

  #record(
    command: StoredCommand,
    { state, attempts = command.attempts }: Verdict,
    reply: AsyncReply | undefined,
    sequence: number | undefined,
  ): StoredCommand {
    const open = isOpen({ state })
    const result = state === 'done' ? { value: limitJson(reply?.result, RESULT_LIMITS) } : null
    return this.#change(command.id, {
      state,
      attempts,
      result,
      error: reply?.error ?? (open ? command.error : null),
      sequence: sequence ?? command.sequence,
      endedAt: open ? null : this.#options.now().toISOString(),
    })
  }

  /** One whose arrival the server never confirmed, and which it does not have. */
  #lost(command: StoredCommand): StoredCommand {
    const { now } = this.#options
    if (now().getTime() - Date.parse(command.enqueuedAt) < CONFIRM_GRACE_MS) return command
    return this.#change(command.id, {
      state: 'failed',
      error: { code: 'not-queued', message: 'It never reached the queue.' },
      endedAt: now().toISOString(),
    })
  }

  async #expireIfDue(command: StoredCommand): Promise<StoredCommand> {
    const { now, timing } = this.#options
    if (command.deadline === null || command.state === 'sending') return command
    const { answerGraceMs = ANSWER_GRACE_MS } = timing
    const grace = command.state === 'delivered' ? answerGraceMs : 0
    if (now().getTime() < Date.parse(command.deadline) + grace) return command
    return this.#takeOut(command, 'expired', 'Its time was over before it was carried out.')
  }

  /** Removes it from the stream, looks whether the device had it, and tells whoever waits. */
  async #takeOut(
    command: StoredCommand,
    state: (typeof ENDED_CODES)[number],
    message: string,
  ): Promise<StoredCommand> {
    const { stream, deviceId, tenant, now } = this.#options
    const { sequence, id } = command
    try {
      const removed = sequence !== null && (await stream.remove(sequence))
      const reply = removed ? undefined : await stream.reply(deviceId, id)
      if (reply !== undefined && !reply.retryable) {
        const at = { sequence: undefined, consumer: undefined, reply, deadBefore: 0 }
        return this.#record(command, judge(at), reply, undefined)
      }
      const consumer = await this.#readConsumer()
      const had = sequence !== null && (consumer?.delivered.stream_seq ?? 0) >= sequence
      const error = { code: state, message }
      stream.announce(deviceId, id, error)
      return this.#change(id, {
        state,
        // A dead letter's own failure tells more.
        error: state === 'discarded' ? (command.error ?? error) : error,
        mayHaveRun: had && command.state !== 'dead',
        endedAt: now().toISOString(),
      })
    } catch (error) {
      throw explainQueueError(error, tenant)
    }
  }

  /** The answer of a device that had a command when it was taken out. */
  async #hearLate(command: StoredCommand): Promise<void> {
    const { stream, deviceId, now } = this.#options
    if (!command.mayHaveRun || command.endedAt === null) return
    if (now().getTime() - Date.parse(command.endedAt) > LATE_ANSWER_MS) return
    const reply = await stream.reply(deviceId, command.id)
    if (reply === undefined || reply.retryable || reply.error?.code === command.state) return
    const at = { sequence: undefined, consumer: undefined, reply, deadBefore: 0 }
    const verdict = judge(at)
    this.#record(command, verdict, reply, undefined)
    this.#change(command.id, { mayHaveRun: false })
  }

  async #current(id: string): Promise<StoredCommand> {
    const { store, tenant } = this.#options
    try {
      await this.reconcile()
    } catch (error) {
      throw explainQueueError(error, tenant)
    }
    const command = store.find(id)
    if (command === undefined) throw commandUnknown()
    return command
  }

  #change(id: string, change: Parameters<CommandStore['change']>[1]): StoredCommand {
    const changed = this.#options.store.change(id, change)
    if (changed === undefined) throw commandUnknown()
    return changed
  }
}

/** Whether its deliveries still count in the consumer's, above what was acknowledged. */
function liesAhead({ sequence }: StoredCommand, { position }: Snapshot): boolean {
  return sequence !== null && sequence > (position?.acknowledged.stream ?? 0)
}
