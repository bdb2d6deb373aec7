import { ConflictError, RejectedError, TransientError } from '#shared/errors.ts'

export function serverUrlInvalid(url: string): RejectedError {
  return new RejectedError({
    code: 'ENROLL_URL',
    message: `${url} is not an address under which packages could be fetched from this computer.`,
    advice:
      'Use https://ADDRESS:PORT with an address or name of this computer, such as one of those offered.',
    details: { url },
  })
}

export function serverUrlLoopback(url: string): RejectedError {
  return new RejectedError({
    code: 'ENROLL_LOOPBACK',
    message: `${url} leads whoever uses it to their own computer, not to this one.`,
    advice:
      'Choose an address of this computer in the network, or say that the receiving side is this very computer.',
    details: { url },
  })
}

export function portTaken(url: string, why: string, cause: unknown): TransientError {
  return new TransientError({
    code: 'ENROLL_NOT_SERVED',
    message: `Packages can not be fetched at ${url}: ${why}.`,
    advice: 'Choose another port, or end what uses this one.',
    details: { url },
    cause,
  })
}

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
