import type { CommandState } from '#shared/contract/queue.ts'
import { ENDED_CODES } from '#shared/protocol/queue.ts'
import type { AsyncReply } from './async-reply.ts'

/** Deliveries of a command before the server gives up on it. */
export const MAX_ATTEMPTS = 5

/** Where a device's consumer stands, in sequence numbers of the stream and of its own deliveries. */
export interface ConsumerPosition {
  readonly delivered: { readonly stream: number; readonly consumer: number }
  readonly acknowledged: { readonly stream: number; readonly consumer: number }
  readonly inFlight: number
}

/** What the server shows of one command. */
export interface Observation {
  /** Its place in the stream; undefined where it is not in it. */
  readonly sequence: number | undefined
  /** Undefined where the device has no consumer. */
  readonly consumer: ConsumerPosition | undefined
  readonly reply: AsyncReply | undefined
  /** Dead letters of the device that lie between what it acknowledged last and this command. */
  readonly deadBefore: number
}

/** What is to be made of it. */
export interface Verdict {
  readonly state: Exclude<CommandState, 'sending'>
  /** Undefined where the server does not tell any more. */
  readonly attempts: number | undefined
  /** It has ended and still lies in the queue: the device's acknowledgement was lost. */
  readonly leftOver: boolean
}

/**
 * The state of a command, from what the server shows of it. A consumer has one command in flight at most, so that
 * whatever lies before its last delivery and is still in the stream was delivered as often as it may be.
 */
export function judge({ sequence, consumer, reply, deadBefore }: Observation): Verdict {
  const said = reply === undefined ? undefined : saidBy(reply)
  const attempt = reply?.attempt ?? undefined
  if (sequence === undefined) {
    const state = said ?? (reply === undefined ? 'gone' : 'failed')
    return { state, attempts: attempt, leftOver: false }
  }
  if (said !== undefined) return { state: said, attempts: attempt, leftOver: true }
  if (consumer === undefined || consumer.delivered.stream < sequence) {
    return { state: 'queued', attempts: attempt, leftOver: false }
  }
  if (consumer.delivered.stream > sequence || consumer.inFlight === 0) {
    return { state: 'dead', attempts: MAX_ATTEMPTS, leftOver: false }
  }
  const { delivered, acknowledged } = consumer
  const deliveries = delivered.consumer - acknowledged.consumer - deadBefore * MAX_ATTEMPTS
  return {
    state: 'delivered',
    attempts: Math.min(Math.max(deliveries, attempt ?? 0, 1), MAX_ATTEMPTS),
    leftOver: false,
  }
}

/** The end that an answer means; undefined where it leaves the command in the queue. */
function saidBy(reply: AsyncReply): Verdict['state'] | undefined {
  if (reply.success) return 'done'
  if (reply.retryable) return undefined
  return ENDED_CODES.find((code) => code === reply.error?.code) ?? 'failed'
}
