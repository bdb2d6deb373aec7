import { RejectedError } from '#shared/errors.ts'
import { signAccount } from './account-changes.ts'
import type { AccountClaims } from './account-claims.ts'
import type { AccountRow } from './authority-store.ts'
import type { Signer } from './signer.ts'

const SIGNATURE_BYTES = 64
const PUBLIC_KEY_LENGTH = 56

/** Room in a message beside the JWT: the resolvers of a cluster exchange `KEY|JWT`. */
const MESSAGE_OVERHEAD_BYTES = 128

/** Stands for a key that is not made yet: as long as a real one. */
export const KEY_TO_COME = 'A'.repeat(PUBLIC_KEY_LENGTH)

// As long as a real signature, so that the size is exact and no key is used for it.
const BLANK: Signer = {
  publicKey: 'O'.repeat(PUBLIC_KEY_LENGTH),
  role: 'operator',
  sign: () => Buffer.alloc(SIGNATURE_BYTES),
}

/** How many bytes the JWT of an account with these claims takes. */
export function accountJwtBytes(
  account: Pick<AccountRow, 'name' | 'publicKey'>,
  claims: AccountClaims,
): number {
  return signAccount(account, claims, BLANK, new Date()).jwt.length
}

/**
 * Checks before anything is made or signed that a push would fit.
 * @throws RejectedError `ACCOUNT_TOO_LARGE`
 */
export function requireRoom(
  account: Pick<AccountRow, 'name' | 'publicKey'>,
  claims: AccountClaims,
  maxPayloadBytes: number,
): void {
  const bytes = accountJwtBytes(account, claims) + MESSAGE_OVERHEAD_BYTES
  if (bytes <= maxPayloadBytes) return
  throw new RejectedError({
    code: 'ACCOUNT_TOO_LARGE',
    message: `The JWT of the account ${account.name} would have ${bytes} bytes, and the server takes messages of up to ${maxPayloadBytes}. Nothing was made or sent.`,
    advice:
      "Create fewer tenants, raise the server's max_payload, or clear tenants that are no longer needed.",
    details: { bytes, maxPayloadBytes },
  })
}
