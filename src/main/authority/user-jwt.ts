import { createHash } from 'node:crypto'
import { RejectedError } from '#shared/errors.ts'
import { pullSubject, queueTags } from '#shared/protocol/queue.ts'
import { encodeBase32 } from './base32.ts'
import { encodeJwt } from './jwt.ts'
import type { LedgerEntry } from './ledger.ts'
import type { Signer } from './signer.ts'

/** Whether a user's JWT carries its permissions, or its signing key does. */
export type CredentialForm = 'own' | 'scoped'

/**
 * The JWT of a credential from its ledger row. Nothing else goes into it, and Ed25519 signatures are
 * deterministic, so the same row and key give the same bytes, however often it is asked for. That is
 * why no JWT has to be stored.
 */
export function userJwt(
  entry: Pick<
    LedgerEntry,
    | 'id'
    | 'name'
    | 'publicKey'
    | 'account'
    | 'tenant'
    | 'deviceId'
    | 'permissions'
    | 'issuedAt'
    | 'expiresAt'
  >,
  form: CredentialForm,
  signer: Signer,
): string {
  // A server refuses a scoped user that brings permissions or limits of its own, even unlimited ones.
  const own = form === 'own' ? { ...entry.permissions, subs: -1, data: -1, payload: -1 } : {}
  // Signed by the account's identity itself, an issuer_account would be looked for among its signing keys.
  const issuer = signer.publicKey === entry.account ? {} : { issuer_account: entry.account }
  return encodeJwt(
    {
      id: encodeBase32(createHash('sha256').update(entry.id).digest()),
      name: entry.name,
      subject: entry.publicKey,
      type: 'user',
      nats: { ...own, ...issuer, ...(form === 'scoped' ? tagsOf(entry) : {}) },
      issuedAt: entry.issuedAt.getTime() / 1000,
      expiresAt: entry.expiresAt.getTime() / 1000,
    },
    signer,
  )
}

/**
 * What the server fills in for the user where its scoped key's template asks for it. From the row's permissions, so that
 * a credential of before the template asked is made again as it was.
 */
function tagsOf({
  tenant,
  deviceId,
  permissions,
}: Pick<LedgerEntry, 'tenant' | 'deviceId' | 'permissions'>): { tags?: string[] } {
  if (tenant === null || deviceId === null) return {}
  if (!permissions.pub.allow.includes(pullSubject(tenant, deviceId))) return {}
  return { tags: queueTags(tenant, deviceId) }
}

/** How a row's JWT is made again. @throws RejectedError `CREDENTIAL_NOT_REPEATABLE`. */
export function requireForm(entry: LedgerEntry): CredentialForm {
  if (entry.form !== undefined && entry.form !== null) return entry.form
  throw new RejectedError({
    code: 'CREDENTIAL_NOT_REPEATABLE',
    message:
      'This credential was issued by an older Muster or elsewhere; its text was not kept and can not be made again.',
    advice: 'Renew it: its user gets a new one for the same key.',
    details: { credential: entry.id },
  })
}
