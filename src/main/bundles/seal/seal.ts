import { RejectedError } from '#shared/errors.ts'
import {
  isRecipient,
  openAge,
  sealAge,
  type Keyhole,
  type OpeningProblems,
  type Sealing,
} from '../../age/age-file.ts'

const FIRST_LINE = 'age-encryption.org/v1'

/** Whether the bytes begin as a file of age does. */
export function isSealed(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, FIRST_LINE.length)).toString('latin1') === FIRST_LINE
}

/** As a file that `age -d` opens. @throws RejectedError `BUNDLE_RECIPIENT`. */
export async function sealBytes(
  bytes: Uint8Array,
  sealing: Sealing,
  workFactor?: number,
): Promise<Uint8Array> {
  return sealAge(bytes, sealing, notRecipient, workFactor)
}

/** Checks that somebody can be sealed to. @throws RejectedError `BUNDLE_RECIPIENT`. */
export function requireRecipient(text: string): void {
  if (!isRecipient(text)) throw notRecipient(text)
}

/**
 * Opens a file of age.
 * @throws RejectedError `BUNDLE_NOT_OPENED`, `BUNDLE_IDENTITY`, `BUNDLE_DAMAGED`.
 */
export async function openSealed(bytes: Uint8Array, keyhole: Keyhole): Promise<Uint8Array> {
  return openAge(bytes, keyhole, PROBLEMS)
}

function notRecipient(text: string): RejectedError {
  return new RejectedError({
    code: 'BUNDLE_RECIPIENT',
    message: `${text.slice(0, 80)} is not a public key of age: it is cut, mistyped or of another kind.`,
    advice: 'Public keys begin with age1; age-keygen prints them.',
  })
}

const PROBLEMS: OpeningProblems = {
  identity: () =>
    new RejectedError({
      code: 'BUNDLE_IDENTITY',
      message: 'This is not a secret key of age, so it can not open a bundle.',
      advice: 'Secret keys begin with AGE-SECRET-KEY-1; age-keygen makes them.',
    }),
  notOpened: (kind) =>
    new RejectedError({
      code: 'BUNDLE_NOT_OPENED',
      message:
        kind === 'passphrase'
          ? 'The bundle does not open with this passphrase.'
          : 'The bundle is not sealed to this key.',
      advice:
        kind === 'passphrase'
          ? 'Mind capitals, dashes and the keyboard layout. One that is sealed to people takes the secret key of one of them instead.'
          : 'Use the secret key of one of the people whom it was sealed to.',
    }),
  damaged: (cause) =>
    new RejectedError({
      code: 'BUNDLE_DAMAGED',
      message: 'The bundle can not be read: it was changed after it was sealed, or cut off.',
      advice: 'Take it from where it was made once more.',
      cause,
    }),
}
