import type { BundleContents } from '#shared/contract/bundles.ts'
import { RejectedError } from '#shared/errors.ts'

/** A key that signs for this profile's operator, or did. */
export interface OperatorKey {
  readonly publicKey: string
  readonly retiredAt: Date | null
}

/**
 * What the signature of something that names this profile's operator is worth. The operator's JWT in a bundle
 * may be an old one, which still lists a key that was removed since: so only this profile's own records count.
 * @throws RejectedError `SIGNER_REMOVED` where the key had been removed when it was made.
 */
export function judgeSigner(
  keys: readonly OperatorKey[],
  signedBy: string,
  createdAt: string,
): BundleContents['signer'] {
  const key = keys.find(({ publicKey }) => publicKey === signedBy)
  if (key === undefined) return { state: 'unknown', retiredAt: null }
  if (key.retiredAt === null) return { state: 'current', retiredAt: null }
  if (new Date(createdAt) > key.retiredAt) throw signerRemoved(createdAt, key.retiredAt)
  return { state: 'retired', retiredAt: key.retiredAt.toISOString() }
}

function signerRemoved(createdAt: string, retiredAt: Date): RejectedError {
  const removed = retiredAt.toISOString()
  return new RejectedError({
    code: 'SIGNER_REMOVED',
    message: `It says that it was made on ${createdAt.slice(0, 10)}, by a signing key of the operator that was removed on ${removed.slice(0, 10)}: somebody uses a key that is not in force any more. Nothing of it was taken over.`,
    advice: 'Do not use it. Find out who has the old key, and ask for another one.',
    details: { createdAt, removed },
  })
}
