import { ConflictError, TransientError } from '#shared/errors.ts'

const WITHDRAWN = 'What was issued for it is withdrawn.'

export function timedOut(): TransientError {
  return new TransientError({
    code: 'HAND_OVER_TIMED_OUT',
    message: `Nobody fetched the bundle in time. ${WITHDRAWN}`,
    advice: 'Hand it over once more, with more time, when the other side is ready.',
  })
}

export function guessed(from: string): TransientError {
  return new TransientError({
    code: 'HAND_OVER_GUESSED',
    message: `Wrong codes were shown too often, last from ${from}, so that handing over was ended. ${WITHDRAWN}`,
    advice:
      'Find out who that was. Then hand it over once more, or put the bundle on a stick instead.',
    details: { from },
  })
}

export function notFetched(from: string, why: string): TransientError {
  return new TransientError({
    code: 'HAND_OVER_BROKEN',
    message: `The bundle was asked for from ${from} with the right code and did not arrive: ${why}.`,
    advice: 'The code is still good: fetch it again.',
    details: { from },
  })
}

export function handOverEnded(): ConflictError {
  return new ConflictError({
    code: 'HAND_OVER_ENDED',
    message: 'There is no bundle any more that waits to be fetched.',
    advice: 'Begin handing over once more.',
  })
}
