import {
  ConflictError,
  InternalError,
  type MusterError,
  RejectedError,
  TransientError,
} from '#shared/errors.ts'

const RESET_ADVICE =
  'Reset the device to factory settings before you commission it again; restarting is enough for some.'

export function alreadyRunning(deviceId: string): ConflictError {
  return new ConflictError({
    code: 'COMMISSIONING_RUNNING',
    message: `${deviceId} is being commissioned already.`,
    advice: 'Wait until it has ended, or cancel it first.',
    details: { deviceId },
  })
}

export function tooManyJobs(limit: number): RejectedError {
  return new RejectedError({
    code: 'COMMISSIONING_LIMIT',
    message: `${limit} devices are being commissioned right now, which is as many as Muster runs at once.`,
    advice: 'Wait until some of them are done.',
    details: { limit },
  })
}

export function jobUnknown(): RejectedError {
  return new RejectedError({
    code: 'COMMISSIONING_UNKNOWN',
    message: 'Muster does not know this commissioning: it is too old, or from before a restart.',
    advice: 'Look for the device in the fleet.',
  })
}

export function claimedTwice(deviceId: string): ConflictError {
  return new ConflictError({
    code: 'DEVICE_ID_CLAIMED_TWICE',
    message: `Two hosts on this network claim to be ${deviceId}, and this one has no key by which it could be told from the other. The PIN was not sent.`,
    advice: 'Take the other one off the network, or find out which one is the real device.',
    details: { deviceId },
  })
}

export function notWaiting(address: string, state: string): ConflictError {
  return new ConflictError({
    code: 'DEVICE_NOT_WAITING',
    message: `The device at ${address} says that its state is "${state}", so it does not wait to be commissioned. The PIN was not sent.`,
    advice: 'Wait until it has started, or reset it to factory settings.',
    details: { address, state },
  })
}

/** The answer got lost, and the device says afterwards that it took nothing. */
export function deliveryNotTaken(why: MusterError): TransientError {
  return new TransientError({
    code: 'DELIVERY_NOT_TAKEN',
    message: `The answer to the PIN got lost, and the device still waits to be commissioned, so it took nothing. The attempt may have counted. (${why.message})`,
    advice: 'Check the connection to the device and try again.',
    details: { reason: why.code },
    cause: why,
  })
}

/** The answer got lost, and the device can't be asked: shown beside the step, not a failure. */
export function deliveryUnconfirmed(why: MusterError): TransientError {
  return new TransientError({
    code: 'DELIVERY_UNCONFIRMED',
    message:
      'The answer to the PIN got lost and the device no longer answers, as devices do that took their credential and left commissioning. Whether it did shows when it comes online.',
    advice:
      'Leave it some time. If it lost power, switch it on again: Muster notices when it still waits to be commissioned.',
    details: { reason: why.code },
    cause: why,
  })
}

export function didNotConnect(deadline: Date, urls: readonly string[]): RejectedError {
  return new RejectedError({
    code: 'DEVICE_DID_NOT_CONNECT',
    message: `The device took its credential but did not come online with its key in time, so the credential was withdrawn. Its credential names ${urls.join(', ') || 'no address'}.`,
    advice: `Check that the device can reach that address from its network. ${RESET_ADVICE}`,
    details: { deadline: deadline.toISOString(), urls: urls.join(', ') },
  })
}

/** The reason of a signal: a person cancelled. */
export function cancelled(): RejectedError {
  return new RejectedError({
    code: 'COMMISSIONING_CANCELLED',
    message: 'It was cancelled. The device was not changed, and no credential is left behind.',
    advice: 'Start it again when you are ready.',
  })
}

/** What a cancel means once the device may hold its credential. */
export function cancelledAfterDelivery(certain: boolean): RejectedError {
  return new RejectedError({
    code: 'CANCELLED_AFTER_DELIVERY',
    message: certain
      ? 'It was cancelled after the device had taken its credential. The credential was withdrawn, so the device counts itself as commissioned but can not connect.'
      : 'It was cancelled while the device may have been taking its credential. The credential was withdrawn: if the device took it, it counts itself as commissioned but can not connect.',
    advice: RESET_ADVICE,
  })
}

/** The reason of a signal: the app ends. */
export function appEnds(): TransientError {
  return new TransientError({
    code: 'APP_ENDS',
    message:
      'Muster was closed. A credential that the device holds stays valid until its deadline.',
    advice: 'Start Muster again: it goes on waiting for the device.',
  })
}

export function stepWithout(what: string): InternalError {
  return new InternalError({
    code: 'STEP_ORDER',
    message: `A step of the commissioning ran without ${what}, which an earlier step provides.`,
    advice: 'Report this together with the log.',
  })
}
