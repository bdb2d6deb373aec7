import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { armor, Decrypter, Encrypter } from 'age-encryption'
import { messageOf, RejectedError } from '#shared/errors.ts'
import { parseKitContent, type KitContent } from './kit-content.ts'
import { passphraseIdentity, passphraseRecipient } from './node-scrypt.ts'

/** To whom a kit is closed: whoever knows a passphrase, or holds one of the identities. */
export type Sealing =
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  /** Public keys of age (`age1…`). */
  | { readonly kind: 'recipients'; readonly recipients: readonly string[] }

/** What opens a kit. Secret. */
export type KitKeyhole =
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  /** `AGE-SECRET-KEY-1…` */
  | { readonly kind: 'identity'; readonly identity: string }

/** No kit is nearly as large; whatever is, is none. */
const MAX_CONTENT_BYTES = 4 * 1024 * 1024

const zip = promisify(gzip)
const unzip = promisify(gunzip)

/** A kit as a text file that `age -d` opens to JSON. @throws RejectedError `KIT_RECIPIENT`. */
export async function sealFile(
  content: KitContent,
  sealing: Sealing,
  workFactor?: number,
): Promise<string> {
  const text = `${JSON.stringify(content, undefined, 2)}\n`
  return armor.encode(await encrypt(text, sealing, workFactor))
}

/** The bytes of a kit that is to be printed: as few as can be. `age -d | gunzip` opens them. */
export async function sealForPaper(
  content: KitContent,
  sealing: Sealing,
  workFactor?: number,
): Promise<Uint8Array> {
  return encrypt(await zip(JSON.stringify(content), { level: 9 }), sealing, workFactor)
}

/**
 * Opens either form.
 * @throws RejectedError `KIT_NOT_OPENED` (another passphrase or identity), `KIT_DAMAGED`,
 *   `KIT_UNKNOWN`, `KIT_TOO_NEW`.
 */
export async function openKit(kit: string | Uint8Array, keyhole: KitKeyhole): Promise<KitContent> {
  const bytes = await decrypt(typeof kit === 'string' ? unarmored(kit) : kit, keyhole)
  const isZipped = bytes[0] === 0x1f && bytes[1] === 0x8b
  const text = isZipped ? await unzip(bytes, { maxOutputLength: MAX_CONTENT_BYTES }) : bytes
  return parseKitContent(Buffer.from(text).toString('utf8'))
}

/** Whether a text is a public key of age that kits can be sealed to. */
export function isRecipient(text: string): boolean {
  try {
    new Encrypter().addRecipient(text)
    return true
  } catch {
    return false
  }
}

async function encrypt(content: string | Uint8Array, sealing: Sealing, workFactor?: number) {
  const encrypter = new Encrypter()
  if (sealing.kind === 'passphrase') {
    encrypter.addRecipient(passphraseRecipient(sealing.passphrase, workFactor))
  } else {
    for (const recipient of sealing.recipients) addRecipient(encrypter, recipient)
  }
  return encrypter.encrypt(content)
}

function addRecipient(encrypter: Encrypter, recipient: string): void {
  try {
    encrypter.addRecipient(recipient)
  } catch (error) {
    throw new RejectedError({
      code: 'KIT_RECIPIENT',
      message: `${recipient.slice(0, 80)} is not a public key of age, so nothing can be sealed to it.`,
      advice: 'Public keys begin with age1; age-keygen prints them.',
      cause: error,
    })
  }
}

async function decrypt(bytes: Uint8Array, keyhole: KitKeyhole): Promise<Uint8Array> {
  const decrypter = new Decrypter()
  if (keyhole.kind === 'passphrase') decrypter.addIdentity(passphraseIdentity(keyhole.passphrase))
  else addIdentity(decrypter, keyhole.identity)
  try {
    return await decrypter.decrypt(bytes)
  } catch (error) {
    throw messageOf(error).startsWith('no identity matched') ? notOpened(keyhole) : damaged(error)
  }
}

function addIdentity(decrypter: Decrypter, identity: string): void {
  try {
    decrypter.addIdentity(identity)
  } catch {
    throw new RejectedError({
      code: 'KIT_IDENTITY',
      message: 'This is not a secret key of age, so it can not open a kit.',
      advice: 'Secret keys begin with AGE-SECRET-KEY-1; age-keygen makes them.',
    })
  }
}

function unarmored(text: string): Uint8Array {
  try {
    return armor.decode(text)
  } catch (error) {
    throw damaged(error)
  }
}

function notOpened(keyhole: KitKeyhole): RejectedError {
  const withPassphrase = keyhole.kind === 'passphrase'
  return new RejectedError({
    code: 'KIT_NOT_OPENED',
    message: withPassphrase
      ? 'The kit does not open with this passphrase.'
      : 'The kit is not sealed to this key.',
    advice: withPassphrase
      ? 'Mind capitals, spaces and the keyboard layout. A kit sealed to people takes the secret key of one of them instead.'
      : 'Use the secret key of one of the people whom it was sealed to.',
  })
}

function damaged(cause: unknown): RejectedError {
  return new RejectedError({
    code: 'KIT_DAMAGED',
    message: 'The kit can not be read: it was changed, cut off, or is not a kit.',
    advice: 'Choose the kit file whole (its name ends in .muster-kit.age), or another copy of it.',
    cause,
  })
}
