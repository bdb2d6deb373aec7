import { createPrivateKey, sign } from 'node:crypto'
import { fromSeed } from '@nats-io/nkeys'
import type { Authenticator } from '@nats-io/transport-node'
import { RejectedError } from '#shared/errors.ts'

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** PKCS #8 header of an Ed25519 private key (RFC 8410); the 32 raw bytes follow it. */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Bytes of an nkey seed before the raw key: the `S` prefix and the kind. */
const SEED_PREFIX_BYTES = 2
const RAW_SEED_BYTES = 32

/**
 * An authenticator that signs the server's nonce with Node's own Ed25519. The client's built-in one
 * signs in JavaScript, about 30 ms a connection, which is 6 s of a standstill for 200 devices.
 * @throws RejectedError `SEED_MALFORMED` where the seed is not an nkey seed.
 */
export function deviceAuthenticator(jwt: string, seed: string): Authenticator {
  const raw = rawSeed(seed)
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8_ED25519, raw]),
    format: 'der',
    type: 'pkcs8',
  })
  return (nonce) => ({
    jwt,
    sig: nonce === undefined ? '' : sign(null, Buffer.from(nonce), key).toString('base64url'),
  })
}

/**
 * The public key (`U…`) of a seed.
 * @throws RejectedError `SEED_MALFORMED`
 */
export function publicKeyOf(seed: string): string {
  try {
    return fromSeed(Buffer.from(seed)).getPublicKey()
  } catch (cause) {
    throw malformed(cause)
  }
}

function rawSeed(seed: string): Buffer {
  try {
    // Checks prefix and checksum.
    fromSeed(Buffer.from(seed))
  } catch (cause) {
    throw malformed(cause)
  }
  return base32(seed).subarray(SEED_PREFIX_BYTES, SEED_PREFIX_BYTES + RAW_SEED_BYTES)
}

function base32(text: string): Buffer {
  const bytes: number[] = []
  let bits = 0
  let value = 0
  for (const letter of text) {
    value = ((value << 5) | BASE32.indexOf(letter)) & 0xffff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes.push((value >>> bits) & 0xff)
    }
  }
  return Buffer.from(bytes)
}

// The library's errors are static texts; they never repeat the seed.
function malformed(cause: unknown): RejectedError {
  return new RejectedError({
    code: 'SEED_MALFORMED',
    message: 'The private key that this device was given is not an nkey seed.',
    advice: 'Issue the credentials again.',
    cause,
  })
}
