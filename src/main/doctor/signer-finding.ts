import type { Finding } from '#shared/contract/doctor.ts'
import { roleOfPublicKey } from '../authority/nkey.ts'
import { findingsOf } from './finding.ts'
import type { LooseClaims } from './read-claims.ts'
import { signingKeyOf } from './signing-keys.ts'
import { accountClaims, renewOf, type World } from './world.ts'

const signer = findingsOf('signer')

/** Whether the key that signed the user may sign for the account. */
export function signerFinding(claims: LooseClaims, key: string | null, world: World): Finding {
  const { iss } = claims
  const kind = roleOfPublicKey(iss)
  if (kind !== 'account') {
    return signer.refused({
      code: 'SIGNER_OF_OTHER_KIND',
      title:
        kind === undefined
          ? 'It names no issuer'
          : `${kind === 'user' ? 'A' : 'An'} ${kind} signed it`,
      meaning: 'Users are signed by their account or by one of its signing keys.',
      advice: 'Issue the credential anew.',
    })
  }
  const of = accountClaims(world)
  if (of === null || key === null) {
    return signer.unknown({
      code: 'SIGNER_NOT_CHECKED',
      title: 'Whether its signer may sign could not be checked',
      meaning: 'That stands in the account’s JWT, which is not known here.',
    })
  }
  const identity = iss === key
  const entry = identity ? { scope: null } : signingKeyOf(of, iss)
  if (entry === undefined) {
    return signer.refused({
      code: 'SIGNER_NOT_OF_ACCOUNT',
      title: 'Its signing key is none of the account’s',
      meaning: `${iss} signed it, which the account does not list. The key was rotated or removed, and all that it signed ended with it; or the credential was never of this account.`,
      advice: 'Renew it: the same key gets a credential by the signing key of today.',
      action: renewOf(world),
    })
  }
  if (entry.scope !== null && hasOwnPermissions(claims)) {
    return signer.refused({
      code: 'SCOPE_WITH_OWN_PERMISSIONS',
      title: 'It brings permissions that its signing key does not allow',
      meaning:
        'What it may do is set by the signing key of its role. It also lists permissions or limits of its own, and for that servers refuse it.',
      advice:
        'Renew it: what Muster issues leaves all of that to the signing key. If another tool issued it, issue it there again without permissions and limits.',
      action: renewOf(world),
    })
  }
  return signer.fine({
    code: 'SIGNER_VALID',
    title: identity
      ? 'The account’s identity key signed it'
      : entry.scope === null
        ? 'A signing key of the account signed it'
        : 'A scoped signing key of the account signed it',
    meaning: `Key ${iss}.`,
  })
}

/** A user under a scoped key must have none of these, not even unlimited ones. */
function hasOwnPermissions({ nats }: LooseClaims): boolean {
  const { pub, sub, resp, subs, data, payload, src, times, bearer_token: bearer } = nats
  const types = nats.allowed_connection_types
  const lists = [pub?.allow, pub?.deny, sub?.allow, sub?.deny, src, times, types]
  return (
    lists.some((list) => (list ?? []).length > 0) ||
    [subs, data, payload].some((limit) => (limit ?? 0) !== 0) ||
    (resp !== null && resp !== undefined) ||
    bearer === true
  )
}
