import { ConflictError, MusterError, RejectedError, TransientError } from '#shared/errors.ts'

/** Something with the same subject has begun and not ended. */
export function unfinishedOn(other: {
  readonly title: string
  readonly id: string
}): ConflictError {
  return new ConflictError({
    code: 'PROCEDURE_UNFINISHED',
    message: `“${other.title}” was begun and has not ended, and it works on the same thing.`,
    advice: 'Resume it or roll it back first (Keys, Unfinished).',
    details: { procedure: other.id },
  })
}

export function procedureGone(): RejectedError {
  return new RejectedError({
    code: 'PROCEDURE_GONE',
    message: 'This has ended meanwhile.',
    advice: 'Nothing is left to do.',
  })
}

export function unknownProcedure(): RejectedError {
  return new RejectedError({
    code: 'PROCEDURE_UNKNOWN',
    message:
      'This was begun by another version of Muster, and this one does not know how it goes on.',
    advice: 'Finish it with the version that began it.',
  })
}

export function pastReturn(title: string): RejectedError {
  return new RejectedError({
    code: 'PROCEDURE_PAST_RETURN',
    message: `“${title}” has come too far to be taken back: what it would go back to is gone.`,
    advice: 'Resume it; only its last steps are left.',
  })
}

/** Why a procedure stops when the app is closed. */
export function closing(): TransientError {
  return new TransientError({
    code: 'APP_CLOSING',
    message: 'Muster was closed before this had ended.',
    advice: 'It is taken up at the next start.',
  })
}

/** What a procedure throws that was stopped between two steps. */
export function stopped(reason: unknown): MusterError {
  if (reason instanceof MusterError) return reason
  return new TransientError({
    code: 'CANCELLED',
    message: 'This was cancelled before its next step.',
    advice: 'Start it again when you want it.',
    cause: reason,
  })
}

export function alreadyRunning(): ConflictError {
  return new ConflictError({
    code: 'PROCEDURE_RUNNING',
    message: 'This is already under way.',
    advice: 'Wait until it has ended.',
  })
}
