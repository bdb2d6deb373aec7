import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { InternalError, RejectedError } from '#shared/errors.ts'
import { decodeBase32, encodeBase32 } from './base32.ts'

/** What a key stands for; it is the first letter of its public text: O…, A…, U… */
export type NkeyRole = 'operator' | 'account' | 'user'

/** A fresh key. `seed` (S…) is a secret. */
export interface CreatedNkey {
  readonly publicKey: string
  readonly seed: string
}

// Prefix bytes of github.com/nats-io/nkeys: a letter's base32 value, shifted to the top 5 bits.
const PREFIX_OF: Readonly<Record<NkeyRole, number>> = {
  operator: 14 << 3,
  account: 0,
  user: 20 << 3,
}
const SEED_PREFIX = 18 << 3

const KEY_BYTES = 32
const CHECKSUM_BYTES = 2

// DER headers of an Ed25519 key, after which come its 32 bytes (RFC 8410).
const PKCS8_HEADER = Buffer.from('302e020100300506032b657004220420', 'hex')
const SPKI_HEADER = Buffer.from('302a300506032b6570032100', 'hex')

/**
 * Creates an Ed25519 key by Node's own OpenSSL, some hundred times faster than the JavaScript of
 * `@nats-io/nkeys`, in the same text form.
 */
export function createNkey(role: NkeyRole): CreatedNkey {
  const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  if (d === undefined || x === undefined) {
    throw new InternalError({
      code: 'KEY_CREATION_FAILED',
      message: 'This system can not create Ed25519 keys, on which NATS credentials rest.',
      advice: 'Report this together with the version of the operating system.',
    })
  }
  const secret = Buffer.from(d, 'base64url')
  const seed = encodeSeed(role, secret)
  secret.fill(0)
  return { publicKey: encodePublicKey(role, Buffer.from(x, 'base64url')), seed }
}

/** Whether `text` is a well-formed public key of that role, checksum included. */
export function isPublicKey(text: string, role: NkeyRole): boolean {
  return decodePublicKey(text)?.role === role
}

/** The role of a well-formed public key; undefined for anything else. */
export function roleOfPublicKey(text: string): NkeyRole | undefined {
  return decodePublicKey(text)?.role
}

/**
 * The key that verifies what `publicKey` (O…, A… or U…) signed.
 * @throws RejectedError `KEY_MALFORMED`.
 */
export function publicKeyObject(publicKey: string): KeyObject {
  const decoded = decodePublicKey(publicKey)
  if (decoded === undefined) throw malformedKey()
  return createPublicKey({
    key: Buffer.concat([SPKI_HEADER, decoded.bytes]),
    format: 'der',
    type: 'spki',
  })
}

/**
 * The private key of a seed (S…), with its role and public text. The caller holds it for the
 * moment of signing only.
 * @throws RejectedError `KEY_MALFORMED`; the message never holds the seed.
 */
export function privateKeyOf(seed: string): {
  readonly role: NkeyRole
  readonly publicKey: string
  readonly key: KeyObject
} {
  const raw = decodeChecked(seed)
  if (raw === undefined || raw.length !== KEY_BYTES + 2) throw malformedKey()
  const first = raw[0] ?? 0
  // The role's 8 bits straddle the first two bytes, so that both letters stay readable.
  const role = roleOfPrefix(((first & 7) << 5) | ((raw[1] ?? 0) >> 3))
  if ((first & 0xf8) !== SEED_PREFIX || role === undefined) throw malformedKey()
  const der = Buffer.concat([PKCS8_HEADER, raw.subarray(2)])
  raw.fill(0)
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  der.fill(0)
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  return { role, publicKey: encodePublicKey(role, spki.subarray(SPKI_HEADER.length)), key }
}

function encodePublicKey(role: NkeyRole, bytes: Uint8Array): string {
  return encodeChecked(Buffer.concat([Uint8Array.of(PREFIX_OF[role]), bytes]))
}

function encodeSeed(role: NkeyRole, secret: Uint8Array): string {
  const prefix = PREFIX_OF[role]
  return encodeChecked(
    Buffer.concat([Uint8Array.of(SEED_PREFIX | (prefix >> 5), (prefix & 31) << 3), secret]),
  )
}

function decodePublicKey(
  text: string,
): { readonly role: NkeyRole; readonly bytes: Buffer } | undefined {
  const raw = decodeChecked(text)
  if (raw === undefined || raw.length !== KEY_BYTES + 1) return undefined
  const role = roleOfPrefix(raw[0] ?? -1)
  return role === undefined ? undefined : { role, bytes: raw.subarray(1) }
}

function roleOfPrefix(prefix: number): NkeyRole | undefined {
  if (prefix === PREFIX_OF.operator) return 'operator'
  if (prefix === PREFIX_OF.account) return 'account'
  return prefix === PREFIX_OF.user ? 'user' : undefined
}

function encodeChecked(payload: Buffer): string {
  const checksum = Buffer.alloc(CHECKSUM_BYTES)
  checksum.writeUInt16LE(crc16(payload))
  const text = encodeBase32(Buffer.concat([payload, checksum]))
  payload.fill(0)
  return text
}

function decodeChecked(text: string): Buffer | undefined {
  const raw = decodeBase32(text)
  if (raw === undefined || raw.length <= CHECKSUM_BYTES) return undefined
  const payload = raw.subarray(0, raw.length - CHECKSUM_BYTES)
  return crc16(payload) === raw.readUInt16LE(payload.length) ? payload : undefined
}

/** CRC-16/XMODEM, the checksum of nkeys. */
function crc16(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit += 1) {
      crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021
    }
    crc &= 0xffff
  }
  return crc
}

function malformedKey(): RejectedError {
  return new RejectedError({
    code: 'KEY_MALFORMED',
    message: 'This is not a NATS key: it is cut, mistyped or of another kind.',
    advice: 'Use the key as it was exported, in one piece.',
  })
}
