import { ConflictError, RejectedError, TransientError } from '#shared/errors.ts'
import { durationInWords } from './duration-in-words.ts'

/**
 * What can go wrong between Muster and a device on the LAN, each with its own code and words.
 * None of them may hold the PIN, a JWT or a seed; `address` is `host:port`.
 */

export function deviceUnreachable(address: string, cause?: unknown): TransientError {
  return new TransientError({
    code: 'DEVICE_UNREACHABLE',
    message: `Nothing answers at ${address}. The device may be off, on another network, or already commissioned: many stop listening then.`,
    advice: 'Check that the device has power and is on the same network, then try again.',
    details: { address },
    cause,
  })
}

export function deviceTimeout(address: string, deadlineMs: number): TransientError {
  const seconds = Math.round(deadlineMs / 1000)
  return new TransientError({
    code: 'DEVICE_TIMEOUT',
    message: `The device at ${address} did not answer within ${seconds} seconds.`,
    advice: 'Move closer to its access point or wait until it has started, then try again.',
    details: { address, deadlineMs },
  })
}

export function deviceConnectionLost(address: string, cause?: unknown): TransientError {
  return new TransientError({
    code: 'DEVICE_CONNECTION_LOST',
    message: `The connection to the device at ${address} broke off before it had answered.`,
    advice: 'Check its power and network, then try again.',
    details: { address },
    cause,
  })
}

export function deviceReplyTooLarge(address: string, limitBytes: number): RejectedError {
  return new RejectedError({
    code: 'DEVICE_REPLY_TOO_LARGE',
    message: `What answers at ${address} sends more than ${limitBytes / 1024} KiB, which no device does. It was cut off.`,
    advice:
      'Check the address. If it is the device, its firmware is faulty or it was tampered with.',
    details: { address, limitBytes },
  })
}

export function deviceReplyMalformed(
  address: string,
  what: string,
  cause?: unknown,
): RejectedError {
  return new RejectedError({
    code: 'DEVICE_REPLY_MALFORMED',
    message: `What answers at ${address} does not speak the commissioning protocol: ${what}.`,
    advice: 'Check the address and the port. If it is the device, update its firmware.',
    details: { address },
    cause,
  })
}

export function deviceRedirected(address: string, status: number): RejectedError {
  return new RejectedError({
    code: 'DEVICE_REDIRECTED',
    message: `What answers at ${address} sends callers on to another address. Muster does not follow, since the PIN would go to somebody else.`,
    advice:
      'Check the address: a captive portal or a web server may answer in place of the device.',
    details: { address, status },
  })
}

export function deviceIdMismatch(
  address: string,
  expected: string,
  reported: string,
): ConflictError {
  return new ConflictError({
    code: 'DEVICE_ID_MISMATCH',
    message: `The device at ${address} calls itself ${reported}, but it was found as ${expected}. Another device may have taken over its address, or somebody pretends to be it.`,
    advice: 'Look at the list again and compare with the label before you go on.',
    details: { address, expected, reported },
  })
}

export function deviceKeyInvalid(address: string): RejectedError {
  return new RejectedError({
    code: 'DEVICE_KEY_INVALID',
    message: `The device at ${address} reports a public key that is not one (a user key begins with U and carries a checksum). A credential for it could never work.`,
    advice: 'Have the device provisioned again at the factory, or update its firmware.',
    details: { address },
  })
}

export function deviceKeyChanged(
  address: string,
  confirmed: string | null,
  reported: string | null,
): ConflictError {
  return new ConflictError({
    code: 'DEVICE_KEY_CHANGED',
    message: `The device at ${address} now shows another key than the one that you confirmed. It may be another device, or somebody pretends to be it. The PIN was not sent.`,
    advice: 'Look at the device again, compare the fingerprint with its label, and start over.',
    details: { address, confirmed, reported },
  })
}

export function pinRejected(attemptsLeft: number): RejectedError {
  const left =
    attemptsLeft === 0
      ? 'That was the last attempt, so the device now locks itself, for an hour as a rule.'
      : attemptsLeft === 1
        ? 'One attempt is left before it locks itself for an hour.'
        : `${attemptsLeft} attempts are left before it locks itself for an hour.`
  return new RejectedError({
    code: 'PIN_REJECTED',
    message: `The device says that this PIN is wrong. ${left}`,
    advice:
      attemptsLeft === 0
        ? 'Wait for the hour, read the PIN from the label again and check that it belongs to this device.'
        : 'Read the PIN from the label again and check that it belongs to this device.',
    details: { attemptsLeft },
  })
}

export function deviceLocked(lockedForSeconds: number, opensAt: Date): RejectedError {
  return new RejectedError({
    code: 'DEVICE_LOCKED',
    message: `The device is locked after too many wrong PINs and opens again in ${durationInWords(lockedForSeconds)}. The PIN was not checked.`,
    advice: 'Come back when it opens, and check until then that the PIN belongs to this device.',
    details: { lockedForSeconds, opensAt: opensAt.toISOString() },
  })
}

export function deviceAlreadyCommissioned(address: string): ConflictError {
  return new ConflictError({
    code: 'DEVICE_ALREADY_COMMISSIONED',
    message: `The device at ${address} says that it was commissioned already.`,
    advice:
      'Look for it in the fleet. If it belongs to somebody else or is locked out, reset it to factory settings first.',
    details: { address },
  })
}

/** `deviceText` is what the device said, already cleaned and without secrets. */
export function deviceRefused(address: string, status: number, deviceText: string): RejectedError {
  const said = deviceText === '' ? '' : ` It says: ${deviceText}`
  return new RejectedError({
    code: 'DEVICE_REFUSED',
    message: `The device at ${address} refused with HTTP status ${status}.${said}`,
    advice: 'Restart the device and try again. If it refuses again, update its firmware.',
    details: { address, status, deviceText },
  })
}

export function deviceAddressUnknown(host: string, cause: unknown): RejectedError {
  return new RejectedError({
    code: 'DEVICE_ADDRESS_UNKNOWN',
    message: `There is no host with the name ${host} on this network.`,
    advice: 'Check the spelling, or type the IP address of the device.',
    details: { host },
    cause,
  })
}

export function deviceNotListed(): RejectedError {
  return new RejectedError({
    code: 'DEVICE_NOT_LISTED',
    message: 'This device is no longer among the devices that were found.',
    advice: 'Search again, or add it by its address.',
  })
}
