import { ConflictError, InternalError, RejectedError, TransientError } from '#shared/errors.ts'

/** The OS keychain is there, but locked, and its prompt was dismissed or could not be shown. */
export function osLocked(cause?: unknown): RejectedError {
  return new RejectedError({
    code: 'KEYCHAIN_LOCKED',
    message: "This computer's keychain is locked, so Muster can not reach its keys.",
    advice:
      'Unlock it (log in to the desktop, or open "Passwords and Keys"), or choose Try again and answer the prompt.',
    cause,
  })
}

/** A prompt of the OS waits for its answer, or the keychain hangs. */
export function osTimeout(timeoutMs: number): TransientError {
  return new TransientError({
    code: 'KEYCHAIN_TIMEOUT',
    message: `This computer's keychain did not answer within ${Math.round(timeoutMs / 1000)} s.`,
    advice: 'Look for a password prompt of the system behind other windows; then try again.',
    details: { timeoutMs },
  })
}

/** No session bus, or nothing on it that keeps secrets. */
export function osUnavailable(cause?: unknown): TransientError {
  return new TransientError({
    code: 'KEYCHAIN_UNAVAILABLE',
    message:
      "This computer's keychain can not be reached (on Linux: no session bus, or no Secret Service on it), so Muster can not read its keys. They are not lost.",
    advice:
      'Start the desktop keyring (GNOME Keyring, KWallet or KeePassXC) in this session and try again.',
    cause,
  })
}

/** A Secret Service without a default collection, which happens with automatic log-in. */
export function osWithoutCollection(cause?: unknown): TransientError {
  return new TransientError({
    code: 'KEYCHAIN_NO_COLLECTION',
    message: "This computer's keychain service runs, but has no default keyring to store into.",
    advice:
      'Make a keyring in "Passwords and Keys" (or the wallet settings), set it as default, and try again.',
    cause,
  })
}

export function osDenied(cause?: unknown): RejectedError {
  return new RejectedError({
    code: 'KEYCHAIN_DENIED',
    message: "Access to this computer's keychain was refused.",
    advice: 'Try again and allow Muster to use the keychain when the system asks.',
    cause,
  })
}

export function osAmbiguous(cause?: unknown): ConflictError {
  return new ConflictError({
    code: 'KEYCHAIN_AMBIGUOUS',
    message: "This computer's keychain holds two entries for one key; Muster does not guess.",
    advice: 'Remove the double entry in the keychain program of the system.',
    cause,
  })
}

/** Anything that the keychain says and that Muster does not know. */
export function osFailed(cause?: unknown): TransientError {
  return new TransientError({
    code: 'KEYCHAIN_FAILED',
    message: "This computer's keychain failed in a way that Muster does not know.",
    advice: 'Try again; the log has what the system said.',
    cause,
  })
}

export function kernelKeyringOnly(): RejectedError {
  return new RejectedError({
    code: 'KEYCHAIN_KERNEL_ONLY',
    message:
      "Only the Linux kernel's keyring is offered here. It forgets at reboot, so Muster does not store keys in it.",
    advice: 'Start a Secret Service such as GNOME Keyring, or keep the keys in a vault file.',
  })
}

/** What makes a keychain "another one than last time". */
export type ChangeReason =
  | 'canary-missing'
  | 'other-service'
  | 'vault-missing'
  | 'memory-ended'
  | 'memory-asked'
  | 'record-unreadable'

const CHANGES: Record<ChangeReason, readonly [message: string, advice: string]> = {
  'canary-missing': [
    'The keychain that answers is not the one in which this profile keeps its keys (it is new, empty, or of another user).',
    'Log in as the user, or restore the keyring, with which this profile was made; then try again.',
  ],
  'other-service': [
    'This profile keeps its keys under another name in the keychain than the one it was started with.',
    'Start Muster with the profile name it was made with.',
  ],
  'vault-missing': [
    'This profile keeps its keys in a vault file, and that file is gone.',
    'Put the file back beside keychain.json, from a backup if need be; then try again.',
  ],
  'memory-ended': [
    'This profile kept its keys in memory only, and they ended with the previous run.',
    'Start a new throwaway profile.',
  ],
  'memory-asked': [
    'Muster was started to keep keys in memory only, but this profile keeps its keys elsewhere.',
    'Start Muster without the demo flag, or with a throwaway profile.',
  ],
  'record-unreadable': [
    'The file keychain.json of this profile can not be read, so Muster does not know where its keys are.',
    'Restore keychain.json from a backup. Do not delete it: the keys may still be in the keychain.',
  ],
}

/** The keys must be elsewhere: going on would begin a second operator beside the first. */
export function keychainChanged(reason: ChangeReason, cause?: unknown): ConflictError {
  const [message, advice] = CHANGES[reason]
  return new ConflictError({
    code: 'KEYCHAIN_CHANGED',
    message,
    advice,
    details: { reason },
    cause,
  })
}

/** First run, and the OS offers no keychain that Muster could use. */
export function keychainUninitialised(cause?: unknown): RejectedError {
  return new RejectedError({
    code: 'KEYCHAIN_UNINITIALISED',
    message: 'This computer offers no keychain, so Muster has no place for keys yet.',
    advice:
      'Choose a passphrase: Muster then keeps its keys in an encrypted vault file and asks for the passphrase at each start.',
    cause,
  })
}

export function keychainClosed(): RejectedError {
  return new RejectedError({
    code: 'KEYCHAIN_CLOSED',
    message: 'The keychain was used after it had been closed; Muster is quitting.',
    advice: 'Start Muster again.',
  })
}

/** Until the first look at the keychain is over. */
export function keychainOpening(): RejectedError {
  return new RejectedError({
    code: 'KEYCHAIN_LOCKED',
    message: 'Muster waits for the keychain of this computer.',
    advice: 'If the system asks for a password, answer it.',
  })
}

export function memoryRefused(): RejectedError {
  return new RejectedError({
    code: 'KEYCHAIN_MEMORY_REFUSED',
    message:
      'Keys in memory only are for the demo and for tests; an installed Muster refuses them.',
    advice: 'Start without the flag.',
  })
}

export function writeUnconfirmed(): InternalError {
  return new InternalError({
    code: 'KEYCHAIN_WRITE_UNCONFIRMED',
    message: 'The keychain accepted a secret, but read back as something else.',
    advice:
      'Nothing was built on that key. Check the keychain program of the system, then try again.',
  })
}

export function keychainIsNotAVault(): RejectedError {
  return new RejectedError({
    code: 'KEYCHAIN_NOT_A_VAULT',
    message: 'This profile does not keep its keys in a vault file, so there is no passphrase.',
    advice: "Unlock the system's own keychain, then try again.",
  })
}

/** A second place for keys beside the first would begin a second operator. */
export function keychainChosen(): ConflictError {
  return new ConflictError({
    code: 'KEYCHAIN_CHOSEN',
    message: 'This profile has a place for its keys already; a new vault would be empty.',
    advice: 'Open the keychain that it has.',
  })
}

export function keychainStillOpen(): ConflictError {
  return new ConflictError({
    code: 'KEYCHAIN_OPEN',
    message: 'The keychain of this profile is open and works; there is no reason to start over.',
    advice: 'Make a new profile instead.',
  })
}

/** Locked, refused or not running: the keys are there, and come back with the keychain. */
export function keychainNotLost(): RejectedError {
  return new RejectedError({
    code: 'KEYCHAIN_NOT_LOST',
    message:
      "The keys of this profile are in this computer's own keychain, which only can not be reached now. They are not lost.",
    advice: 'Unlock or start that keychain, then try again.',
  })
}

export function recordNotWritten(cause?: unknown): TransientError {
  return new TransientError({
    code: 'KEYCHAIN_RECORD_NOT_WRITTEN',
    message: 'Muster could not note in the profile where its keys are, so it does not store any.',
    advice: 'Check free space and permissions of the profile folder, then try again.',
    cause,
  })
}
