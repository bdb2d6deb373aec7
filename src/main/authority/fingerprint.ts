import { hash } from 'node:crypto'
import { encodeBase32 } from './base32.ts'

const FINGERPRINT_BYTES = 10

/**
 * The short form of a public key that a person compares with a device's label: the first 80 bits
 * of the SHA-256 of the key's text, as `ABCD-EFGH-IJKL-MNOP`.
 */
export function fingerprintOf(publicKey: string): string {
  const digest = hash('sha256', publicKey, 'buffer')
  const text = encodeBase32(digest.subarray(0, FINGERPRINT_BYTES))
  return [0, 4, 8, 12].map((at) => text.slice(at, at + 4)).join('-')
}
