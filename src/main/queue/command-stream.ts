import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  jetstream,
  jetstreamManager,
  ReplayPolicy,
  RetentionPolicy,
  StorageType,
  type ConsumerInfo,
  type JetStreamManager,
  type SeqMsgRequest,
  type StoredMsg,
  type StreamInfo,
} from '@nats-io/jetstream'
import { nanos, type NatsConnection } from '@nats-io/nats-core'
import { LONGEST_EXPIRY_MS, MAX_WAITING_PER_DEVICE } from '#shared/contract/queue.ts'
import type { Dialect } from '#shared/protocol/dialect.ts'
import {
  asyncRepliesOf,
  asyncReplySubject,
  commandConsumer,
  commandStream,
  everyQueueSubject,
  queueSubject,
  queueSubjectsOf,
  resultStream,
} from '#shared/protocol/queue.ts'
import type { AsyncReply } from './async-reply.ts'
import { readAsyncReply } from './async-reply.ts'
import { commandHeaders, commandText, type CommandMessage } from './command-message.ts'
import { MAX_ATTEMPTS, type ConsumerPosition } from './command-state.ts'
import { consumerTaken, nameUnfit, notRemoved, streamUnfit, tooLarge } from './queue-errors.ts'

const API_TIMEOUT_MS = 5_000
const DAY_MS = 24 * 60 * 60 * 1000
/** The net below the deadlines of commands, should no console be there to take expired ones out. */
const KEPT_MS = LONGEST_EXPIRY_MS + DAY_MS
/** Within it the server knows a message id again. */
const DUPLICATE_WINDOW_MS = 10 * 60_000
/** The server reserves it at once, for each tenant that queues: hence small, and doubled where it is full. */
const COMMAND_BYTES = 4 * 1024 * 1024
const MOST_COMMAND_BYTES = 64 * 1024 * 1024
const RESULT_BYTES = 2 * 1024 * 1024
/** How long a device may be silent about a command before it is delivered again. */
const ACK_WAIT_MS = 30_000
/** Requests of one device for commands that the server holds at a time. */
const MAX_WAITING_REQUESTS = 8
/** Longest name of a stream or consumer that nats-server takes, in bytes. */
const MAX_NAME_BYTES = 255

/** Room for the headers of a command, which count in max_payload. */
const HEADER_BYTES = 512

const MESSAGE_NOT_FOUND = new Set([10_037, 10_043])
/** Also where somebody else deleted it at the same moment. */
const DELETE_FAILED = 10_057
const CONSUMER_NOT_FOUND = 10_014
const STREAM_NOT_FOUND = 10_059

export interface CommandStreamOptions {
  readonly tenant: string
  readonly dialect: Dialect
  /** Nothing of another tenant can come on the account's subjects. */
  readonly alone: boolean
  readonly ackWaitMs?: number
}

/** A message that lies in the queue. */
export interface QueuedMessage {
  readonly sequence: number
  readonly message: StoredMsg
}

/** The work queue of a tenant, and what keeps the answers: see docs/extensions/queued-commands.md. */
export class CommandStream {
  readonly #nats: NatsConnection
  readonly #options: CommandStreamOptions
  #manager: Promise<JetStreamManager> | undefined
  #name: string | undefined
  #results: string | undefined

  constructor(nats: NatsConnection, options: CommandStreamOptions) {
    this.#nats = nats
    this.#options = options
  }

  /** The stream's name once it was found or made. */
  get name(): string | undefined {
    return this.#name
  }

  /**
   * Finds the stream that takes the tenant's queue subjects, whoever made it; undefined where there is none.
   * @throws ConflictError `QUEUE_STREAM_UNFIT`; what JetStream answers.
   */
  async find(): Promise<StreamInfo | undefined> {
    const { tenant, dialect } = this.#options
    const manager = await this.#jetStream()
    const name = await this.#streamTaking(queueSubjectsOf(dialect, tenant))
    this.#name = name
    if (name === undefined) return undefined
    this.#results ??= await this.#streamTaking(asyncRepliesOf(dialect, tenant))
    const info = await manager.streams.info(name, {
      subjects_filter: queueSubjectsOf(dialect, tenant),
    })
    if (info.config.retention !== RetentionPolicy.Workqueue) throw streamUnfit(name)
    return info
  }

  /** Makes what is missing. @throws as `find`. */
  async ensure(): Promise<string> {
    if (this.#name !== undefined && this.#results !== undefined) return this.#name
    const found = await this.find()
    if (found === undefined) this.#name = await this.#makeStream()
    this.#results ??= await this.#makeResults()
    return this.#name ?? ''
  }

  /**
   * Gives a device its consumer; one that is there stays.
   * @throws ConflictError `QUEUE_CONSUMER_TAKEN`; RejectedError `QUEUE_NAME_UNFIT`.
   */
  async ensureConsumer(device: string): Promise<void> {
    try {
      await this.#makeConsumer(device)
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== STREAM_NOT_FOUND) throw error
      // Somebody deleted the stream since it was found.
      this.#name = undefined
      this.#results = undefined
      await this.#makeConsumer(device)
    }
  }

  async #makeConsumer(device: string): Promise<void> {
    const { tenant, dialect, ackWaitMs = ACK_WAIT_MS } = this.#options
    const filter = queueSubject(dialect, tenant, device)
    const stream = await this.ensure()
    const existing = await this.consumer(device)
    // Created once more with another filter, nats-server 2.9 would hand over the other device's commands.
    if (existing !== undefined && existing.config.filter_subject !== filter) {
      throw consumerTaken(existing.name)
    }
    if (existing !== undefined) return
    const manager = await this.#jetStream()
    await manager.consumers.add(stream, {
      durable_name: this.#consumerName(device),
      filter_subject: filter,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      replay_policy: ReplayPolicy.Instant,
      ack_wait: nanos(ackWaitMs),
      max_deliver: MAX_ATTEMPTS,
      // One at a time and in order; it also makes clear which command a delivery was.
      max_ack_pending: 1,
      max_waiting: MAX_WAITING_REQUESTS,
      // Each acknowledgement is told, so that nobody has to ask.
      sample_freq: '100%',
    })
  }

  /** Undefined where the device has none. */
  async consumer(device: string): Promise<ConsumerInfo | undefined> {
    const name = this.#name
    if (name === undefined) return undefined
    const manager = await this.#jetStream()
    return orMissing(
      manager.consumers.info(name, this.#consumerName(device)),
      CONSUMER_NOT_FOUND,
      STREAM_NOT_FOUND,
    )
  }

  /** Takes a consumer away for which nothing waits; it is made again with the device's next command. */
  async removeConsumer({ name, stream_name: stream }: ConsumerInfo): Promise<void> {
    const manager = await this.#jetStream()
    await orMissing(manager.consumers.delete(stream, name), CONSUMER_NOT_FOUND, STREAM_NOT_FOUND)
  }

  /** Consumers of the stream, at most so many. */
  async consumers(limit: number): Promise<ConsumerInfo[]> {
    if (this.#name === undefined) return []
    const manager = await this.#jetStream()
    const lister = manager.consumers.list(this.#name)
    const found: ConsumerInfo[] = []
    for (;;) {
      const page = await lister.next()
      found.push(...page)
      if (page.length === 0 || found.length >= limit) return found
    }
  }

  /** @throws RejectedError `QUEUE_PARAMS_TOO_LARGE` where a message can not carry the command. */
  requireFits(command: CommandMessage): void {
    const limit = this.#nats.info?.max_payload
    const bytes = Buffer.byteLength(commandText(command)) + HEADER_BYTES
    if (limit !== undefined && bytes > limit) throw tooLarge(`${bytes} of ${limit} bytes`)
  }

  /**
   * Puts a command into the queue and returns its place.
   * @param copy 1 for the first time; more where a dead letter is queued again
   * @throws what JetStream answers, a timeout included.
   */
  async put(device: string, command: CommandMessage, copy: number): Promise<number> {
    const { tenant, dialect } = this.#options
    const subject = queueSubject(dialect, tenant, device)
    const publish = () =>
      jetstream(this.#nats).publish(subject, commandText(command), {
        headers: commandHeaders(command),
        msgID: copy === 1 ? command.id : `${command.id}.${copy}`,
        timeout: API_TIMEOUT_MS,
        retries: 1,
      })
    try {
      return (await publish()).seq
    } catch (error) {
      if (!isFull(error) || !(await this.#grow())) throw error
      return (await publish()).seq
    }
  }

  /** What waits for a device, the oldest first, at most so many. */
  async waiting(device: string, limit: number): Promise<QueuedMessage[]> {
    const found: QueuedMessage[] = []
    for (let sequence = 0; found.length < limit;) {
      const message = await this.#next(device, sequence)
      if (message === undefined) break
      found.push({ sequence: message.seq, message })
      sequence = message.seq + 1
    }
    return found
  }

  /** When the oldest command was queued that waits for a device. */
  async oldest(device: string): Promise<Date | undefined> {
    return (await this.#next(device, 0))?.time
  }

  /** Whether the message is in the stream at this moment. */
  async holds(sequence: number): Promise<boolean> {
    const manager = await this.#jetStream()
    const message = await orMissing(
      manager.streams.getMessage(this.#name ?? '', { seq: sequence }),
      ...MESSAGE_NOT_FOUND,
      STREAM_NOT_FOUND,
    )
    return message !== undefined && message !== null
  }

  /** Takes a message out; false where it was gone already. @throws TransientError `QUEUE_UNREACHABLE`. */
  async remove(sequence: number): Promise<boolean> {
    const manager = await this.#jetStream()
    const removed = await orMissing(
      manager.streams.deleteMessage(this.#name ?? '', sequence, false),
      ...MESSAGE_NOT_FOUND,
      DELETE_FAILED,
      STREAM_NOT_FOUND,
    )
    if (removed === true) return true
    if (await this.holds(sequence)) throw notRemoved()
    return false
  }

  /** Takes a device out with everything that waits for it. */
  async removeDevice(device: string): Promise<void> {
    const { tenant, dialect } = this.#options
    const name = this.#name ?? (await this.find())?.config.name
    if (name === undefined) return
    const manager = await this.#jetStream()
    const existing = await this.consumer(device)
    if (existing?.config.filter_subject === queueSubject(dialect, tenant, device)) {
      await orMissing(manager.consumers.delete(name, existing.name), CONSUMER_NOT_FOUND)
    }
    await orMissing(
      manager.streams.purge(name, { filter: queueSubject(dialect, tenant, device) }),
      STREAM_NOT_FOUND,
    )
  }

  /** The last word on a command; undefined where there is none, or nothing keeps it. */
  async reply(device: string, id: string): Promise<AsyncReply | undefined> {
    const { tenant, dialect } = this.#options
    if (this.#results === undefined) return undefined
    const manager = await this.#jetStream()
    const message = await orMissing(
      manager.streams.getMessage(this.#results, {
        last_by_subj: asyncReplySubject(dialect, tenant, device, id),
      }),
      ...MESSAGE_NOT_FOUND,
      STREAM_NOT_FOUND,
    )
    return message === undefined || message === null ? undefined : readAsyncReply(message.string())
  }

  /** Says what became of a command that its device will not answer any more. */
  announce(device: string, id: string, error: { code: string; message: string }): void {
    const { tenant, dialect } = this.#options
    const reply = {
      correlation_id: id,
      device_id: device,
      success: false,
      error,
      actually_fired_at: null,
    }
    this.#nats.publish(asyncReplySubject(dialect, tenant, device, id), JSON.stringify(reply))
  }

  /** Storage that the account has, and what it uses. @throws what JetStream answers. */
  async account() {
    return (await this.#jetStream()).getAccountInfo()
  }

  #jetStream(): Promise<JetStreamManager> {
    this.#manager ??= jetstreamManager(this.#nats, { checkAPI: false, timeout: API_TIMEOUT_MS })
    return this.#manager
  }

  /** The first message of a device from a place on. */
  async #next(device: string, sequence: number): Promise<StoredMsg | undefined> {
    const { tenant, dialect } = this.#options
    if (this.#name === undefined) return undefined
    const manager = await this.#jetStream()
    // Not among the client's types, which name what all servers know; nats-server does since 2.9.
    const query: SeqMsgRequest & { next_by_subj: string } = {
      seq: sequence,
      next_by_subj: queueSubject(dialect, tenant, device),
    }
    const message = await orMissing(
      manager.streams.getMessage(this.#name, query),
      ...MESSAGE_NOT_FOUND,
      STREAM_NOT_FOUND,
    )
    return message ?? undefined
  }

  async #streamTaking(subject: string): Promise<string | undefined> {
    const [name] = await (await this.#jetStream()).streams.names(subject).next()
    return name
  }

  async #makeStream(): Promise<string> {
    const { tenant, dialect, alone } = this.#options
    const manager = await this.#jetStream()
    const made = await manager.streams.add({
      name: commandStream(tenant),
      subjects: [alone ? everyQueueSubject(dialect) : queueSubjectsOf(dialect, tenant)],
      retention: RetentionPolicy.Workqueue,
      storage: StorageType.File,
      max_age: nanos(KEPT_MS),
      max_bytes: await this.#share(COMMAND_BYTES, 2),
      max_msgs_per_subject: MAX_WAITING_PER_DEVICE,
      // Full is said to whoever queues; never does a command push another out.
      discard: DiscardPolicy.New,
      discard_new_per_subject: true,
      duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    })
    return made.config.name
  }

  /** Gives the stream more room; false where there is none to be had, or it is not ours to change. */
  async #grow(): Promise<boolean> {
    const name = commandStream(this.#options.tenant)
    if (this.#name !== name) return false
    const manager = await this.#jetStream()
    const { config } = await manager.streams.info(name)
    const wanted = Math.min(config.max_bytes * 2, await this.#share(MOST_COMMAND_BYTES, 2))
    if (wanted <= config.max_bytes) return false
    try {
      await manager.streams.update(name, { max_bytes: wanted })
      return true
    } catch (error) {
      if (error instanceof JetStreamApiError) return false
      throw error
    }
  }

  /** Undefined where it can't be had: then answers reach only those who listen at the time. */
  async #makeResults(): Promise<string | undefined> {
    const { tenant, dialect } = this.#options
    const manager = await this.#jetStream()
    try {
      const made = await manager.streams.add({
        name: resultStream(tenant),
        subjects: [asyncRepliesOf(dialect, tenant)],
        retention: RetentionPolicy.Limits,
        storage: StorageType.File,
        max_age: nanos(KEPT_MS),
        max_bytes: await this.#share(RESULT_BYTES, 4),
        max_msgs_per_subject: 1,
        discard: DiscardPolicy.Old,
      })
      return made.config.name
    } catch (error) {
      if (error instanceof JetStreamApiError) return undefined
      throw error
    }
  }

  /** Bytes of an account with limited storage that a stream may take. */
  async #share(wanted: number, parts: number): Promise<number> {
    const { limits } = await (await this.#jetStream()).getAccountInfo()
    return limits.max_storage > 0
      ? Math.min(wanted, Math.floor(limits.max_storage / parts))
      : wanted
  }

  #consumerName(device: string): string {
    const name = commandConsumer(this.#options.tenant, device)
    if (/[/\\]/u.test(name) || Buffer.byteLength(name) > MAX_NAME_BYTES) throw nameUnfit()
    return name
  }
}

/** Where a consumer stands, as `judge` wants it. */
export function positionOf(info: ConsumerInfo): ConsumerPosition {
  const { delivered, ack_floor: floor, num_ack_pending: inFlight } = info
  return {
    delivered: { stream: delivered.stream_seq, consumer: delivered.consumer_seq },
    acknowledged: { stream: floor.stream_seq, consumer: floor.consumer_seq },
    inFlight,
  }
}

/** The stream takes no more bytes; a device that has its share of messages is something else. */
function isFull(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.message.includes('maximum bytes')
}

/** Undefined where JetStream answers with one of these codes. */
async function orMissing<T>(work: Promise<T>, ...codes: number[]): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof JetStreamApiError && codes.includes(error.code)) return undefined
    throw error
  }
}
