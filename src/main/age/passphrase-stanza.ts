import { randomBytes, scrypt } from 'node:crypto'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { Stanza, type Identity, type Recipient } from 'age-encryption'

// The passphrase stanza of an age file (C2SP age specification, "scrypt recipient stanza"). The
// library has it too, in JavaScript that stands the whole process still for over a second.
const LABEL = 'age-encryption.org/v1/scrypt'
const SALT_BYTES = 16
const KEY_BYTES = 32
const FILE_KEY_BYTES = 16
const TAG_BYTES = 16
const BLOCK_SIZE = 8
/** As much work as age itself asks for: about a second, 256 MiB. */
export const AGE_WORK_FACTOR = 18
/** Files may ask for up to this much, as in age itself; more would only be an attack. */
const MAX_WORK_FACTOR = 20

/** Encrypts to a passphrase; the key is derived in a thread of its own. */
export function passphraseRecipient(passphrase: string, workFactor = AGE_WORK_FACTOR): Recipient {
  return {
    async wrapFileKey(fileKey) {
      const salt = randomBytes(SALT_BYTES)
      const key = await deriveKey(passphrase, salt, workFactor)
      const body = chacha20poly1305(key, new Uint8Array(12)).encrypt(fileKey)
      return [new Stanza(['scrypt', unpadded(salt), String(workFactor)], body)]
    },
  }
}

/** Decrypts what was encrypted to a passphrase; null for other files and for another passphrase. */
export function passphraseIdentity(passphrase: string): Identity {
  return {
    async unwrapFileKey(stanzas) {
      const [stanza] = stanzas
      if (stanza?.args[0] !== 'scrypt' || stanzas.length !== 1) return null
      const [, saltText = '', workFactor = ''] = stanza.args
      const salt = Buffer.from(saltText, 'base64')
      const isSound =
        stanza.args.length === 3 &&
        salt.length === SALT_BYTES &&
        /^[1-9]\d?$/u.test(workFactor) &&
        Number(workFactor) <= MAX_WORK_FACTOR &&
        stanza.body.length === FILE_KEY_BYTES + TAG_BYTES
      if (!isSound) return null
      const key = await deriveKey(passphrase, salt, Number(workFactor))
      try {
        return chacha20poly1305(key, new Uint8Array(12)).decrypt(stanza.body)
      } catch {
        return null
      }
    },
  }
}

function deriveKey(passphrase: string, salt: Uint8Array, workFactor: number): Promise<Buffer> {
  const N = 2 ** workFactor
  const maxmem = 2 * 128 * N * BLOCK_SIZE
  const labelled = Buffer.concat([Buffer.from(LABEL), salt])
  return new Promise((resolve, reject) => {
    scrypt(passphrase, labelled, KEY_BYTES, { N, r: BLOCK_SIZE, p: 1, maxmem }, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '')
}
