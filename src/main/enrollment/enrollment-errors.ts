import { ConflictError, RejectedError, TransientError } from '#shared/errors.ts'

export function enrollmentUnknown(): RejectedError {
  return new RejectedError({
    code: 'ENROLLMENT_UNKNOWN',
    message: 'There is no such enrollment any more.',
    advice: 'Look at the list again.',
  })
}

export function nameDiffers(name: string): RejectedError {
  return new RejectedError({
    code: 'NAME_DIFFERS',
    message: 'The name that was typed is not that of the enrollment. Nothing was changed.',
    advice: `Type ${name} to revoke it.`,
  })
}

export function enrollmentOpen(): ConflictError {
  return new ConflictError({
    code: 'ENROLLMENT_OPEN',
    message: 'Its token can still be used, so it stays in the list.',
    advice: 'Revoke it first.',
  })
}

export function notTaken(why: string): TransientError {
  return new TransientError({
    code: 'ENROLLMENT_NOT_TAKEN',
    message: `The package did not arrive: ${why}. What was issued for it is withdrawn.`,
    advice: 'Run the command again; its token is still good.',
  })
}

export function cutOff(): TransientError {
  return new TransientError({
    code: 'ENROLLMENT_INTERRUPTED',
    message:
      'Muster was ended while the package was on its way. What was issued for it is withdrawn.',
    advice: 'Run the command again; its token is still good.',
  })
}

export function enrollmentRevoked(): TransientError {
  return new TransientError({
    code: 'ENROLLMENT_REVOKED',
    message: 'The enrollment was revoked while its package was on its way.',
    advice: 'Ask for another token.',
  })
}
