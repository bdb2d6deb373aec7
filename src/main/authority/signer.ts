import { sign } from 'node:crypto'
import { privateKeyOf, type NkeyRole } from './nkey.ts'

/** Signs for one key. Lives as long as the batch it was opened for, never longer. */
export interface Signer {
  readonly publicKey: string
  readonly role: NkeyRole
  /** The Ed25519 signature, 64 bytes. */
  sign(message: Uint8Array): Buffer
}

/**
 * A signer from a seed (S…).
 * @throws RejectedError `KEY_MALFORMED`.
 */
export function signerOf(seed: string): Signer {
  const { role, publicKey, key } = privateKeyOf(seed)
  return { publicKey, role, sign: (message) => sign(null, message, key) }
}
