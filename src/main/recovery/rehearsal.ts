import type { Rehearsal } from '#shared/contract/recovery.ts'
import { InternalError } from '#shared/errors.ts'
import { encodeJwt, verifyJwt } from '../authority/jwt.ts'
import { createNkey } from '../authority/nkey.ts'
import { signerOf } from '../authority/signer.ts'
import { MemoryKeychain } from '../keychain/memory-keychain.ts'
import { publicKeyOf, type KitContent, type KitKey } from './kit-content.ts'
import type { KnownKey } from './recovery-store.ts'

/**
 * Restores a kit as after a lost laptop, into a keychain that exists for this moment only: each key is
 * stored, read back, and signs a JWT of the kind that it is there for, which must verify.
 * @throws InternalError `REHEARSAL_FAILED` where one does not.
 */
export async function rehearse(
  content: KitContent,
  known: readonly KnownKey[],
  now: Date,
): Promise<Rehearsal> {
  const scratch = new MemoryKeychain({ packaged: false })
  try {
    const knownKeys = new Set(known.map(({ publicKey }) => publicKey))
    const keys: Rehearsal['keys'][number][] = []
    for (const key of content.keys) {
      const publicKey = publicKeyOf(key)
      await scratch.set(publicKey, key.seed)
      signTestJwt(publicKey, await scratch.get(publicKey), key, now)
      keys.push({
        publicKey,
        holder: key.holder,
        purpose: key.purpose,
        outcome: knownKeys.has(publicKey) ? 'signs' : 'unknown',
      })
    }
    const held = new Set(keys.map(({ publicKey }) => publicKey))
    return {
      at: now.toISOString(),
      createdAt: content.createdAt,
      keys,
      missing: known
        .filter(({ publicKey, purpose }) => purpose === 'identity' && !held.has(publicKey))
        .map(({ publicKey, holder }) => ({ publicKey, holder })),
    }
  } finally {
    await scratch.close()
  }
}

/** An operator's key signs an account, an account's key signs a user. */
function signTestJwt(publicKey: string, seed: string | undefined, key: KitKey, now: Date): void {
  const type = key.kind === 'operator' ? 'account' : 'user'
  const subject = createNkey(type).publicKey
  const signer = signerOf(seed ?? '')
  const issuedAt = Math.floor(now.getTime() / 1000)
  const jwt = encodeJwt({ name: 'rehearsal', subject, type, nats: {}, issuedAt }, signer)
  const claims = verifyJwt(jwt, { type, issuers: [publicKey] })
  if (claims.sub === subject && claims.iss === publicKey) return
  throw new InternalError({
    code: 'REHEARSAL_FAILED',
    message: `The kit's key of ${key.holder} does not sign as it should.`,
    advice: 'Make a new kit while the keys are still on this computer.',
    details: { publicKey },
  })
}
