import type { AuditAction } from '#shared/contract/audit.ts'
import { RejectedError } from '#shared/errors.ts'
import { inTransaction } from '../storage/database.ts'
import { requireOperator, type AuthorityParts } from './account-changes.ts'
import type { Ledger } from './ledger.ts'

/** Every statement begins so; a JWT, whose signed text begins with its header in base64, never does. */
const PREFIX = 'muster-'

/** What is signed, for the audit log. */
export interface StatementUse {
  /** By default `isolation-proof`. */
  readonly action?: AuditAction
  readonly subject: string
  readonly reason: string
}

/** A text signed by the operator. */
export interface SignedStatement {
  /** Public part (O…) of the signing key. */
  readonly key: string
  /** Ed25519 over the UTF-8 bytes of the text, base64url. */
  readonly signature: string
}

/**
 * Signs a text that is no JWT by a signing key of the operator: a report, say. The text has to begin
 * with `muster-` and what it is, so that it can never be taken for anything else.
 * @throws RejectedError `STATEMENT_MALFORMED`, `OPERATOR_KEYS_MISSING`; ConflictError
 *   `AUTHORITY_NOT_SET_UP`; what the keychain throws.
 */
export async function signStatement(
  { database, store, keys }: AuthorityParts,
  text: string,
  { action = 'isolation-proof', subject, reason }: StatementUse,
): Promise<SignedStatement> {
  if (!text.startsWith(PREFIX)) {
    throw new RejectedError({
      code: 'STATEMENT_MALFORMED',
      message: 'A text was to be signed that does not say what it is; it was not.',
      advice: 'Report this fault of Muster.',
    })
  }
  const { publicKey } = requireOperator(store)
  const signingKeys = store.keysOf(publicKey, 'signing')
  const use = { action, subjects: [subject], reason }
  const signer = await keys.signer(signingKeys, 'operator', use)
  const signature = signer.sign(Buffer.from(text, 'utf8')).toString('base64url')
  inTransaction(database, () => signer.done())
  return { key: signer.publicKey, signature }
}

/**
 * Ends credentials of this app's own connections, whose keys it has just forgotten: in the ledger only.
 * Nothing is revoked on the servers: nobody can use them, and they expire within minutes.
 */
export function endInternalCredentials(
  { database }: AuthorityParts,
  ledger: Ledger,
  ledgerIds: readonly string[],
  reason: string,
): void {
  inTransaction(database, () => {
    for (const id of ledgerIds) {
      const entry = ledger.entry(id)
      if (entry?.delivery === 'internal' && entry.state === 'active') {
        ledger.end(id, 'struck', reason, null)
      }
    }
  })
  ledger.announce()
}
