import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { armor } from 'age-encryption'
import { RejectedError } from '#shared/errors.ts'
import {
  openAge,
  sealAge,
  type Keyhole,
  type OpeningProblems,
  type Sealing,
} from '../age/age-file.ts'
import { parseKitContent, type KitContent } from './kit-content.ts'

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
  return armor.encode(await sealAge(text, sealing, notRecipient, workFactor))
}

/** The bytes of a kit that is to be printed: as few as can be. `age -d | gunzip` opens them. */
export async function sealForPaper(
  content: KitContent,
  sealing: Sealing,
  workFactor?: number,
): Promise<Uint8Array> {
  const zipped = await zip(JSON.stringify(content), { level: 9 })
  return sealAge(zipped, sealing, notRecipient, workFactor)
}

/**
 * Opens either form.
 * @throws RejectedError `KIT_NOT_OPENED` (another passphrase or identity), `KIT_DAMAGED`,
 *   `KIT_UNKNOWN`, `KIT_TOO_NEW`.
 */
export async function openKit(kit: string | Uint8Array, keyhole: Keyhole): Promise<KitContent> {
  const bytes = await openAge(typeof kit === 'string' ? unarmored(kit) : kit, keyhole, PROBLEMS)
  const isZipped = bytes[0] === 0x1f && bytes[1] === 0x8b
  const text = isZipped ? await unzip(bytes, { maxOutputLength: MAX_CONTENT_BYTES }) : bytes
  return parseKitContent(Buffer.from(text).toString('utf8'))
}

function unarmored(text: string): Uint8Array {
  try {
    return armor.decode(text)
  } catch (error) {
    throw PROBLEMS.damaged(error)
  }
}

function notRecipient(text: string): RejectedError {
  return new RejectedError({
    code: 'KIT_RECIPIENT',
    message: `${text.slice(0, 80)} is not a public key of age, so nothing can be sealed to it.`,
    advice: 'Public keys begin with age1; age-keygen prints them.',
  })
}

const PROBLEMS: OpeningProblems = {
  identity: () =>
    new RejectedError({
      code: 'KIT_IDENTITY',
      message: 'This is not a secret key of age, so it can not open a kit.',
      advice: 'Secret keys begin with AGE-SECRET-KEY-1; age-keygen makes them.',
    }),
  notOpened: (kind) =>
    new RejectedError({
      code: 'KIT_NOT_OPENED',
      message:
        kind === 'passphrase'
          ? 'The kit does not open with this passphrase.'
          : 'The kit is not sealed to this key.',
      advice:
        kind === 'passphrase'
          ? 'Mind capitals, spaces and the keyboard layout. A kit sealed to people takes the secret key of one of them instead.'
          : 'Use the secret key of one of the people whom it was sealed to.',
    }),
  damaged: (cause) =>
    new RejectedError({
      code: 'KIT_DAMAGED',
      message: 'The kit can not be read: it was changed, cut off, or is not a kit.',
      advice:
        'Choose the kit file whole (its name ends in .muster-kit.age), or another copy of it.',
      cause,
    }),
}
