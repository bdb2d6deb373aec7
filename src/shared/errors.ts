/**
 * The errors that people meet. Four kinds, by what the person can do next:
 *
 * - `transient`: try again, by hand or with backoff; nothing about the input is wrong.
 * - `rejected`: the input or the situation has to change first.
 * - `conflict`: somebody or something else got there first; look, then decide.
 * - `internal`: a fault of Muster; report it.
 *
 * `message` says what happened and what it means, `advice` what to do about it. Neither may
 * hold a secret: they cross to the renderer and stand in the log.
 */
export type ErrorKind = 'transient' | 'rejected' | 'conflict' | 'internal'

/** Facts that go with an error and may be shown. Never a seed, PIN, passphrase or JWT. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>

export interface ErrorInit {
  /** SCREAMING_SNAKE_CASE, stable: tests, docs and the renderer refer to it. */
  readonly code: string
  /** What happened and what it means, as one or two plain sentences. */
  readonly message: string
  /** What the person can do about it. */
  readonly advice: string
  readonly details?: ErrorDetails
  readonly cause?: unknown
}

/** Base of every error that Muster throws on purpose. */
export abstract class MusterError extends Error {
  abstract readonly kind: ErrorKind
  readonly code: string
  readonly advice: string
  readonly details: ErrorDetails

  constructor(init: ErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause })
    this.name = new.target.name
    this.code = init.code
    this.advice = init.advice
    this.details = init.details ?? {}
  }
}

export class TransientError extends MusterError {
  readonly kind = 'transient'
}

export class RejectedError extends MusterError {
  readonly kind = 'rejected'
}

export class ConflictError extends MusterError {
  readonly kind = 'conflict'
}

export class InternalError extends MusterError {
  readonly kind = 'internal'
}

/**
 * Any thrown value as a MusterError: itself where it is one, otherwise an InternalError
 * with the code `INTERNAL` that keeps the original as its cause.
 */
export function toMusterError(thrown: unknown): MusterError {
  if (thrown instanceof MusterError) return thrown
  return new InternalError({
    code: 'INTERNAL',
    message: 'Something went wrong inside Muster that it did not expect.',
    advice:
      'Try again. If it happens again, send the log (Settings, Open log folder) to whoever supports you.',
    cause: thrown,
  })
}

/** The message of any thrown value, for log lines and causes. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
