import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  ReplayPolicy,
  RetentionPolicy,
  StorageType,
  type ConsumerConfig,
  type JetStreamManager,
} from '@nats-io/jetstream'
import { nanos } from '@nats-io/nats-core'
import { LONGEST_EXPIRY_MS, MAX_WAITING_PER_DEVICE } from '#shared/contract/queue.ts'
import type { Dialect } from '#shared/protocol/dialect.ts'
import {
  asyncRepliesOf,
  commandStream,
  everyQueueSubject,
  queueSubjectsOf,
  resultStream,
} from '#shared/protocol/queue.ts'
import { MAX_ATTEMPTS } from './command-state.ts'

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

/** Whose streams. */
export interface StreamPlace {
  readonly tenant: string
  readonly dialect: Dialect
  /** Nothing of another tenant can come on the account's subjects. */
  readonly alone: boolean
}

/** Makes the work queue of a tenant and returns its name. */
export async function makeCommandStream(
  manager: JetStreamManager,
  { tenant, dialect, alone }: StreamPlace,
): Promise<string> {
  const made = await manager.streams.add({
    name: commandStream(tenant),
    subjects: [alone ? everyQueueSubject(dialect) : queueSubjectsOf(dialect, tenant)],
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.File,
    max_age: nanos(KEPT_MS),
    max_bytes: await shareOf(manager, COMMAND_BYTES, 2),
    max_msgs_per_subject: MAX_WAITING_PER_DEVICE,
    // Full is said to whoever queues; never does a command push another out.
    discard: DiscardPolicy.New,
    discard_new_per_subject: true,
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
  })
  return made.config.name
}

/** Gives the work queue that Muster made more room; false where there is none to be had. */
export async function growStream(manager: JetStreamManager, tenant: string): Promise<boolean> {
  const name = commandStream(tenant)
  const { config } = await manager.streams.info(name)
  const wanted = Math.min(config.max_bytes * 2, await shareOf(manager, MOST_COMMAND_BYTES, 2))
  if (wanted <= config.max_bytes) return false
  try {
    await manager.streams.update(name, { max_bytes: wanted })
    return true
  } catch (error) {
    if (error instanceof JetStreamApiError) return false
    throw error
  }
}

/** Makes what keeps the answers. Undefined where it can't be had: then answers reach only those who listen at the time. */
export async function makeResultStream(
  manager: JetStreamManager,
  { tenant, dialect }: StreamPlace,
): Promise<string | undefined> {
  try {
    const made = await manager.streams.add({
      name: resultStream(tenant),
      subjects: [asyncRepliesOf(dialect, tenant)],
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      max_age: nanos(KEPT_MS),
      max_bytes: await shareOf(manager, RESULT_BYTES, 4),
      max_msgs_per_subject: 1,
      discard: DiscardPolicy.Old,
    })
    return made.config.name
  } catch (error) {
    if (error instanceof JetStreamApiError) return undefined
    throw error
  }
}

/**
 * The durable consumer of a device.
 * @param ackWaitMs silence after which a command is delivered again; 30 s unless told
 */
export function consumerConfig(
  name: string,
  filter: string,
  ackWaitMs = ACK_WAIT_MS,
): Partial<ConsumerConfig> {
  return {
    durable_name: name,
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
  }
}

/** The stream takes no more bytes; a device that has its share of messages is something else. */
export function isFull(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.message.includes('maximum bytes')
}

/** Bytes of an account with limited storage that a stream may take. */
async function shareOf(manager: JetStreamManager, wanted: number, parts: number): Promise<number> {
  const { limits } = await manager.getAccountInfo()
  return limits.max_storage > 0 ? Math.min(wanted, Math.floor(limits.max_storage / parts)) : wanted
}
