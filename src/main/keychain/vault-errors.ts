import { ConflictError, RejectedError, TransientError } from '#shared/errors.ts'

const RESTORE =
  'Nothing was changed. Put a backup of the vault file in its place (a leftover file ending in .previous is one), then try again.'

export function vaultLocked(): RejectedError {
  return new RejectedError({
    code: 'KEYCHAIN_LOCKED',
    message: 'The vault file with the keys of this profile is locked.',
    advice: 'Type its passphrase.',
  })
}

export function vaultPassphraseWrong(): RejectedError {
  return new RejectedError({
    code: 'VAULT_PASSPHRASE_WRONG',
    message: 'This passphrase does not open the vault.',
    advice: 'Check the keyboard layout and Caps Lock, and try again. There is no way around it.',
  })
}

export function vaultTruncated(): RejectedError {
  return new RejectedError({
    code: 'VAULT_TRUNCATED',
    message: 'The vault file is cut off: its end is missing, so it can not be opened.',
    advice: RESTORE,
  })
}

export function vaultTampered(): RejectedError {
  return new RejectedError({
    code: 'VAULT_TAMPERED',
    message: 'The vault file is damaged or was changed by something other than Muster.',
    advice: RESTORE,
  })
}

export function vaultParametersRefused(): RejectedError {
  return new RejectedError({
    code: 'VAULT_PARAMETERS_REFUSED',
    message:
      'The vault file asks for a key derivation outside of what Muster uses; it may be made to exhaust this computer.',
    advice: RESTORE,
  })
}

export function vaultVersionUnsupported(version: number): RejectedError {
  return new RejectedError({
    code: 'VAULT_VERSION_UNSUPPORTED',
    message: `The vault file has format ${version}, which this Muster does not know.`,
    advice: 'Open it with the newer Muster that wrote it.',
    details: { version },
  })
}

export function vaultExists(): ConflictError {
  return new ConflictError({
    code: 'VAULT_EXISTS',
    message: 'There is a vault file already; a new one would hide the keys in it.',
    advice: 'Unlock it with its passphrase.',
  })
}

export function vaultMissing(cause?: unknown): RejectedError {
  return new RejectedError({
    code: 'VAULT_MISSING',
    message: 'The vault file is gone.',
    advice: 'Put it back from a backup, then try again.',
    cause,
  })
}

export function vaultUnreadable(cause?: unknown): TransientError {
  return new TransientError({
    code: 'VAULT_UNREADABLE',
    message: 'The vault file can not be read.',
    advice: 'Check that this user may read it and that its disk is there, then try again.',
    cause,
  })
}

/** Another program, or another Muster on the same profile, wrote or removed the file meanwhile. */
export function vaultChangedOnDisk(): ConflictError {
  return new ConflictError({
    code: 'VAULT_CHANGED_ON_DISK',
    message:
      'The vault file was changed by another program while it was open. It was left as it is.',
    advice: 'Close other Musters on this profile, start this one again and repeat what you did.',
  })
}

export function vaultNotWritten(cause?: unknown): TransientError {
  return new TransientError({
    code: 'VAULT_NOT_WRITTEN',
    message: 'The vault file could not be written; the keys in it are as they were.',
    advice: 'Check free space and permissions of the profile folder, then try again.',
    cause,
  })
}
