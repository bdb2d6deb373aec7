import { NoRespondersError, PermissionViolationError, RequestError } from '@nats-io/nats-core'
import { JetStreamApiError } from '@nats-io/jetstream'
import {
  ConflictError,
  messageOf,
  MusterError,
  RejectedError,
  TransientError,
} from '#shared/errors.ts'
import { MAX_WAITING_PER_DEVICE } from '#shared/contract/queue.ts'

/** nats-server's `err_code`s, as of 2.9 (server/errors.json). */
const OFF_FOR_ACCOUNT = 10_039
const OFF_FOR_SERVER = 10_076
const STORE_FAILED = 10_077
const OUT_OF_ROOM = new Set([10_002, 10_023, 10_028, 10_047, 10_026, 10_027])
const MESSAGE_TOO_LARGE = new Set([10_054, 10_058])

/** What a refusal of JetStream means, in words. A MusterError stays itself. */
export function explainQueueError(thrown: unknown, tenant: string): MusterError {
  if (thrown instanceof MusterError) return thrown
  const chain = causesOf(thrown)
  const refusal = chain.find((error) => error instanceof JetStreamApiError)
  if (refusal !== undefined) return explainRefusal(refusal, tenant)
  if (chain.some((error) => error instanceof PermissionViolationError)) {
    return notPermitted(tenant, thrown)
  }
  const unheard = chain.some(
    (error) =>
      error instanceof NoRespondersError ||
      (error instanceof RequestError && error.isNoResponders()),
  )
  return unheard ? noJetStream(thrown) : unreachable(messageOf(thrown), thrown)
}

function explainRefusal(refusal: JetStreamApiError, tenant: string): MusterError {
  const { code, message } = refusal
  if (code === OFF_FOR_ACCOUNT) return queueOff(tenant)
  if (code === OFF_FOR_SERVER) return noJetStream(refusal)
  if (code === STORE_FAILED && message.includes('per subject')) return deviceFull(refusal)
  if (code === STORE_FAILED || OUT_OF_ROOM.has(code)) return storageFull(tenant, message, refusal)
  if (MESSAGE_TOO_LARGE.has(code)) return tooLarge(message, refusal)
  return unreachable(message, refusal)
}

function causesOf(thrown: unknown): unknown[] {
  const cause = thrown instanceof Error ? thrown.cause : undefined
  return cause === undefined ? [thrown] : [thrown, ...causesOf(cause)]
}

export function queueOff(tenant: string): RejectedError {
  return new RejectedError({
    code: 'QUEUE_OFF',
    message: `JetStream is off in the account of ${tenant}, so commands can not wait for its devices.`,
    advice:
      'Switch the queue on for this tenant, or give its account JetStream storage under Limits.',
    details: { tenant },
  })
}

function noJetStream(cause: unknown): RejectedError {
  return new RejectedError({
    code: 'QUEUE_NO_JETSTREAM',
    message: 'The nats-server of this mesh runs without JetStream, so commands can not wait on it.',
    advice: 'Enable JetStream in the configuration of the nats-server.',
    cause,
  })
}

function notPermitted(tenant: string, cause: unknown): RejectedError {
  return new RejectedError({
    code: 'QUEUE_NOT_PERMITTED',
    message: `The credentials of this mesh do not permit to manage queued commands of ${tenant}.`,
    advice: 'Use credentials that may publish on $JS.API.> in the account of this tenant.',
    details: { tenant },
    cause,
  })
}

function deviceFull(cause: unknown): RejectedError {
  return new RejectedError({
    code: 'QUEUE_DEVICE_FULL',
    message: `${MAX_WAITING_PER_DEVICE} commands wait for this device already, which is the most that its queue takes. Nothing was queued.`,
    advice: 'Cancel some that are no longer needed, or wait until the device has fetched them.',
    cause,
  })
}

function storageFull(tenant: string, why: string, cause: unknown): RejectedError {
  return new RejectedError({
    code: 'QUEUE_STORAGE_FULL',
    message: `The storage for queued commands of ${tenant} is full (${why}). Nothing was queued.`,
    advice:
      'Cancel commands that are no longer needed, or raise the JetStream storage of the tenant.',
    details: { tenant },
    cause,
  })
}

export function tooLarge(why: string, cause?: unknown): RejectedError {
  return new RejectedError({
    code: 'QUEUE_PARAMS_TOO_LARGE',
    message: `The command is larger than the queue takes (${why}). Nothing was queued.`,
    advice: 'Shorten its parameters.',
    cause,
  })
}

function unreachable(why: string, cause: unknown): TransientError {
  return new TransientError({
    code: 'QUEUE_UNREACHABLE',
    message: `The queue could not be reached: ${why}.`,
    advice: 'Try again once the mesh is connected.',
    cause,
  })
}

export function notRemoved(): TransientError {
  return unreachable('the server did not take the command out', undefined)
}

/** The server may have taken it, and its word did not come. */
export function unconfirmed(cause: unknown): TransientError {
  return new TransientError({
    code: 'QUEUE_UNCONFIRMED',
    message: 'The server did not confirm the command in time. It may be in the queue.',
    advice:
      'Look at the queue of the device: it shows within a moment whether the command waits there.',
    cause,
  })
}

export function streamUnfit(name: string): ConflictError {
  return new ConflictError({
    code: 'QUEUE_STREAM_UNFIT',
    message: `A stream ${name} takes the subjects of the queue, and is no work queue: commands in it would be carried out again and again.`,
    advice: 'Remove that stream, or make it one with work-queue retention.',
    details: { stream: name },
  })
}

export function consumerTaken(name: string): ConflictError {
  return new ConflictError({
    code: 'QUEUE_CONSUMER_TAKEN',
    message: `The consumer ${name} belongs to another device, whose tenant and id run together to the same name.`,
    advice: 'Give this tenant an account of its own, or rename the device.',
    details: { consumer: name },
  })
}

export function idTaken(): ConflictError {
  return new ConflictError({
    code: 'COMMAND_ID_TAKEN',
    message: 'Another command was queued under this id.',
    advice: 'Queue it again with an id of its own.',
  })
}

export function commandUnknown(): RejectedError {
  return new RejectedError({
    code: 'COMMAND_UNKNOWN',
    message: 'This command is not in the list any more.',
    advice: 'Look at the queue of the device again.',
  })
}

export function commandEnded(state: string): ConflictError {
  return new ConflictError({
    code: 'COMMAND_ENDED',
    message: `The command has ended meanwhile: it is ${state}.`,
    advice: 'Nothing is left to do. Queue it again if it is still wanted.',
    details: { state },
  })
}

export function notDead(): ConflictError {
  return new ConflictError({
    code: 'COMMAND_NOT_DEAD',
    message: 'The command is no dead letter: its device may still fetch it.',
    advice: 'Cancel it if it is not wanted.',
  })
}

export function nameUnfit(): RejectedError {
  return new RejectedError({
    code: 'QUEUE_NAME_UNFIT',
    message:
      'JetStream does not take this tenant or device id in the name of a consumer: it holds a slash, or both are too long together.',
    advice:
      'Commands can be queued for devices whose ids have letters, digits, dashes and underscores.',
  })
}
