import { ConflictError, RejectedError, TransientError } from '#shared/errors.ts'
import { redact } from '../log/redact.ts'

const MAX_REASON_LENGTH = 300

/** What a device said, as a part of a sentence: short, and without what it should not have repeated. */
function reasonOf(text: string): string {
  const plain = redact(text).trim().replace(/\.$/u, '')
  return plain === '' ? 'it gave no reason' : plain.slice(0, MAX_REASON_LENGTH)
}

export function deviceOffline(deviceId: string): TransientError {
  return new TransientError({
    code: 'RENEWAL_DEVICE_OFFLINE',
    message: `${deviceId} is not online, so nothing could be handed over. Its old credential is unchanged.`,
    advice: 'Renew it once it is online, or choose a file.',
  })
}

export function noFunction(deviceId: string): RejectedError {
  return new RejectedError({
    code: 'RENEWAL_NOT_OFFERED',
    message: `${deviceId} does not offer the function updateCredentials, so it can't be given a credential over the mesh.`,
    advice: 'Choose a file, or reset the device and commission it again.',
  })
}

export function notADevice(): RejectedError {
  return new RejectedError({
    code: 'RENEWAL_NOT_OFFERED',
    message: 'This credential does not belong to a device, so it can not be handed over the mesh.',
    advice: 'Choose a file, and put it where the program reads it.',
  })
}

export function refusedByDevice(deviceId: string, said: string): RejectedError {
  return new RejectedError({
    code: 'RENEWAL_REFUSED',
    message: `${deviceId} did not take the new credential: ${reasonOf(said)}. Its old one is in force.`,
    advice: 'Put right what the device complains of, or choose another way for it.',
  })
}

export function noAnswer(name: string): TransientError {
  return new TransientError({
    code: 'RENEWAL_NO_ANSWER',
    message: `${name} did not say whether it has the new credential.`,
    advice: 'It is handed over once more by itself.',
  })
}

export function fellBack(deviceId: string, said: string): RejectedError {
  return new RejectedError({
    code: 'RENEWAL_FELL_BACK',
    message: `${deviceId} tried the new credential and went back to its old one: ${reasonOf(said)}.`,
    advice: 'The old one is in force. Look at the log of the device before you renew it again.',
  })
}

/** @param connected whether the device is there with its old credential */
export function didNotComeBack(name: string, deadline: Date, connected: boolean): TransientError {
  const where = connected
    ? 'It is connected with its old one, which stays in force.'
    : 'It is not connected at all. Its old one stays in force, and it may still come back with either.'
  return new TransientError({
    code: 'RENEWAL_NOT_BACK',
    message: `${name} had not connected with the new credential by ${deadline.toISOString()}. ${where}`,
    advice: connected
      ? 'Renew it again, or choose another way for it.'
      : 'See what became of the device. If it stays away, reset it and commission it again.',
  })
}

export function cameLate(): TransientError {
  return new TransientError({
    code: 'RENEWAL_CAME_LATE',
    message: 'It connected with the new credential after its deadline. The credential is in force.',
    advice: 'Nothing is left to do.',
  })
}

export function endedMeanwhile(): ConflictError {
  return new ConflictError({
    code: 'RENEWAL_SUPERSEDED',
    message: 'The credential was revoked or replaced while it was being renewed.',
    advice: 'Look at the credential in the ledger.',
  })
}

export function interrupted(): TransientError {
  return new TransientError({
    code: 'RENEWAL_INTERRUPTED',
    message: 'Muster was ended before the new credential could be handed over.',
    advice: 'Renew it again.',
  })
}

export function jobUnknown(): RejectedError {
  return new RejectedError({
    code: 'RENEWAL_UNKNOWN',
    message: 'This renewal is no longer in the list.',
    advice: 'Look at the credentials themselves.',
  })
}

export function nothingToRenew(): RejectedError {
  return new RejectedError({
    code: 'RENEWAL_NOTHING',
    message: 'None of the chosen credentials can be renewed in this way.',
    advice: 'Choose others, or another way for those that are not reached over the mesh.',
  })
}

export function folderUnusable(folder: string, why: string): RejectedError {
  return new RejectedError({
    code: 'RENEWAL_FOLDER',
    message: `Files can not be written to ${folder}: ${why}.`,
    advice: 'Give the absolute path of a folder that exists and that you may write in.',
  })
}

export function stoppedByItself(count: number): TransientError {
  return new TransientError({
    code: 'RENEWAL_STOPPED',
    message: `${count} devices in a row did not come back with their new credentials, so no more were renewed.`,
    advice: 'Find out why before you renew the rest. All old credentials are in force.',
  })
}

export function appEnds(): TransientError {
  return new TransientError({
    code: 'APP_ENDING',
    message: 'Muster is being ended.',
    advice: 'It goes on when Muster is started again.',
  })
}
