import { Decrypter, Encrypter } from 'age-encryption'
import { messageOf, type RejectedError } from '#shared/errors.ts'
import { passphraseIdentity, passphraseRecipient } from './passphrase-stanza.ts'

/** To whom a file is closed: whoever knows a passphrase, or holds one of the identities. */
export type Sealing =
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  /** Public keys of age (`age1…`). */
  | { readonly kind: 'recipients'; readonly recipients: readonly string[] }

/** What opens a file. Secret. */
export type Keyhole =
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  /** `AGE-SECRET-KEY-1…` */
  | { readonly kind: 'identity'; readonly identity: string }

/** What is said of a file that does not open, in the words of what it is. */
export interface OpeningProblems {
  /** The identity is none of age's. */
  identity(): RejectedError
  notOpened(kind: Keyhole['kind']): RejectedError
  damaged(cause: unknown): RejectedError
}

/** Whether a text is a public key of age that can be sealed to. */
export function isRecipient(text: string): boolean {
  try {
    new Encrypter().addRecipient(text)
    return true
  } catch {
    return false
  }
}

/**
 * Bytes that `age -d` opens.
 * @throws what `notRecipient` makes of a recipient that is no public key of age.
 */
export async function sealAge(
  content: string | Uint8Array,
  sealing: Sealing,
  notRecipient: (recipient: string) => RejectedError,
  workFactor?: number,
): Promise<Uint8Array> {
  const encrypter = new Encrypter()
  if (sealing.kind === 'passphrase') {
    encrypter.addRecipient(passphraseRecipient(sealing.passphrase, workFactor))
    return encrypter.encrypt(content)
  }
  for (const recipient of sealing.recipients) {
    if (!isRecipient(recipient)) throw notRecipient(recipient)
    encrypter.addRecipient(recipient)
  }
  return encrypter.encrypt(content)
}

/** Opens a file of age. @throws RejectedError one of `problems`. */
export async function openAge(
  bytes: Uint8Array,
  keyhole: Keyhole,
  problems: OpeningProblems,
): Promise<Uint8Array> {
  const decrypter = decrypterFor(keyhole, problems)
  try {
    return await decrypter.decrypt(bytes)
  } catch (error) {
    throw messageOf(error).startsWith('no identity matched')
      ? problems.notOpened(keyhole.kind)
      : problems.damaged(error)
  }
}

function decrypterFor(keyhole: Keyhole, problems: OpeningProblems): Decrypter {
  const decrypter = new Decrypter()
  if (keyhole.kind === 'passphrase') {
    decrypter.addIdentity(passphraseIdentity(keyhole.passphrase))
    return decrypter
  }
  try {
    decrypter.addIdentity(keyhole.identity)
  } catch {
    // What it said of the identity may repeat it.
    throw problems.identity()
  }
  return decrypter
}
