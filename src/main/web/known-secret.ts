import { createHash, timingSafeEqual } from 'node:crypto'

/** SHA-256 in hex: what is kept of a secret that somebody has to show. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('hex')
}

/** Whether a secret has this hash, in a time that tells nothing of how much of it is right. */
export function isSecretOf(secret: string, sha256: string): boolean {
  return timingSafeEqual(Buffer.from(hashOf(secret), 'hex'), Buffer.from(sha256, 'hex'))
}
