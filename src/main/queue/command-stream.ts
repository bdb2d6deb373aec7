import {
  JetStreamApiError,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  type ConsumerInfo,
  type JetStreamManager,
  type SeqMsgRequest,
  type StoredMsg,
  type StreamInfo,
} from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/nats-core'
import {
  asyncRepliesOf,
  asyncReplySubject,
  commandConsumer,
  commandStream,
  queueSubject,
  queueSubjectsOf,
} from '#shared/protocol/queue.ts'
import { readAsyncReply, type AsyncReply } from './async-reply.ts'
import { commandHeaders, commandText, type CommandMessage } from './command-message.ts'
import type { ConsumerPosition } from './command-state.ts'
import { orMissing } from './or-missing.ts'
import { consumerTaken, nameUnfit, notRemoved, streamUnfit, tooLarge } from './queue-errors.ts'
import {
  consumerConfig,
  growStream,
  isFull,
  makeCommandStream,
  makeResultStream,
  type StreamPlace,
} from './stream-config.ts'

const API_TIMEOUT_MS = 5_000
/** Longest name of a stream or consumer that nats-server takes, in bytes. */
const MAX_NAME_BYTES = 255

/** Room for the headers of a command, which count in max_payload. */
const HEADER_BYTES = 512

const MESSAGE_NOT_FOUND = new Set([10_037, 10_043])
/** Also where somebody else deleted it at the same moment. */
const DELETE_FAILED = 10_057
const CONSUMER_NOT_FOUND = 10_014
const STREAM_NOT_FOUND = 10_059

export interface CommandStreamOptions extends StreamPlace {
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
    const manager = await this.#jetStream()
    if (found === undefined) this.#name = await makeCommandStream(manager, this.#options)
    this.#results ??= await makeResultStream(manager, this.#options)
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
    const { tenant, dialect, ackWaitMs } = this.#options
    const filter = queueSubject(dialect, tenant, device)
    const stream = await this.ensure()
    const existing = await this.consumer(device)
    // Created once more with another filter, nats-server 2.9 would hand over the other device's commands.
    if (existing !== undefined && existing.config.filter_subject !== filter) {
      throw consumerTaken(existing.name)
    }
    if (existing !== undefined) return
    const manager = await this.#jetStream()
    await manager.consumers.add(
      stream,
      consumerConfig(this.#consumerName(device), filter, ackWaitMs),
    )
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
      const isOurs = this.#name === commandStream(tenant)
      if (!isFull(error) || !isOurs || !(await growStream(await this.#jetStream(), tenant))) {
        throw error
      }
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

  /**
   * The last word on a command; undefined where there is none, or nothing keeps it.
   * @param since a failed attempt of before is of an earlier copy, and no word on this one
   */
  async reply(device: string, id: string, since?: Date): Promise<AsyncReply | undefined> {
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
    if (message === undefined || message === null) return undefined
    const reply = readAsyncReply(message.string())
    const isOfBefore = since !== undefined && message.time < since
    return isOfBefore && reply?.retryable === true ? undefined : reply
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
