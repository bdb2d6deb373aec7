import type { Finding } from '#shared/contract/doctor.ts'
import { findingsOf, momentOf } from './finding.ts'
import type { LooseClaims } from './read-claims.ts'
import { changeTenantOf, serverTime, type RecordedAccount, type World } from './world.ts'

const account = findingsOf('account')

/** Whether the servers know the account, from the right operator, and as this profile recorded it. */
export function accountFinding(key: string | null, world: World): Finding {
  if (key === null) {
    return account.refused({
      code: 'ACCOUNT_NOT_NAMED',
      title: 'It names no account',
      meaning: 'Its issuer is not the key of an account, and it names none besides.',
      advice: 'Issue the credential anew.',
    })
  }
  const { recorded, resolver } = world
  switch (resolver.type) {
    case 'held':
      return heldFinding(resolver, world)
    case 'missing':
      return missingFinding(recorded)
    case 'not-asked':
      return account.unknown({
        code: 'RESOLVER_NOT_ASKED',
        title: 'The servers could not be asked about its account',
        meaning:
          recorded === null
            ? `${resolver.why} This profile does not know the account either.`
            : `${resolver.why} What follows is judged by what this profile recorded.`,
        advice: 'Connect to the mesh, or try a login below.',
      })
  }
}

function heldFinding(
  { claims, genuine, same }: Extract<World['resolver'], { type: 'held' }>,
  world: World,
): Finding {
  const { recorded, operatorKeys } = world
  if (!genuine || (operatorKeys.length > 0 && !operatorKeys.includes(claims.iss))) {
    return account.refused({
      code: 'ACCOUNT_OF_OTHER_OPERATOR',
      title: 'The resolver holds the account as another operator signed it',
      meaning: genuine
        ? `It was signed by ${claims.iss}, which is none of this deployment’s operator keys. A server that runs may still use what it had; after its next restart everybody in this account is refused.`
        : 'Its signature does not fit: it was changed after it was signed.',
      advice:
        recorded === null
          ? 'Find out who pushed it. This credential belongs to another deployment.'
          : 'Put the right one back (Keys, Resolver), and find out who pushed this one.',
      action: recorded === null ? null : { type: 'resolver' },
    })
  }
  const expired = expiredAt(claims, world)
  if (expired !== null) {
    return account.refused({
      code: 'ACCOUNT_EXPIRED',
      title: 'Its account has expired',
      meaning: `The account’s own JWT was good until ${expired}. Nobody in it can log in.`,
      advice: withoutEnd(recorded),
      action: changeTenantOf(world),
    })
  }
  if (!same && recorded !== null && recorded.claims !== null) {
    return account.warning({
      code: 'ACCOUNT_STALE',
      title: 'The resolver holds another version of the account than this profile',
      meaning:
        'Limits, revocations and signing keys are judged here by what the resolver holds, which is what counts.',
      advice: 'Compare and repair it (Keys, Resolver).',
      action: { type: 'resolver' },
    })
  }
  return account.fine({
    code: 'ACCOUNT_KNOWN',
    title: `The servers know its account${recorded === null ? '' : ` ${recorded.name}`}`,
    meaning: 'One of this deployment’s operator keys signed it.',
  })
}

/** Muster gives its accounts no end, so whatever it signs next for this one lasts. */
function withoutEnd(recorded: RecordedAccount | null): string {
  return recorded === null || recorded.tenant === null
    ? 'Ask whoever keeps this deployment’s operator key to sign the account again.'
    : `Open the tenant ${recorded.tenant} (Tenants, Limits), change one of its limits and set it: Muster then signs the account again, without an end.`
}

function missingFinding(recorded: RecordedAccount | null): Finding {
  if (recorded === null) {
    return account.refused({
      code: 'ACCOUNT_UNKNOWN',
      title: 'Nobody here knows its account',
      meaning:
        'Neither the servers nor this profile have it. The credential is of another deployment (another operator), or of a tenant that was removed.',
      advice:
        'Use it with the deployment that issued it, or commission the device into a tenant of this one.',
      action: { type: 'commission' },
    })
  }
  return account.refused({
    code: 'ACCOUNT_NOT_IN_RESOLVER',
    title: `The servers do not have the account ${recorded.name}`,
    meaning:
      'This profile made it, and the resolver lost it or never got it. Nobody in it can log in.',
    advice: 'Push it again (Keys, Resolver).',
    action: { type: 'resolver' },
  })
}

function expiredAt(claims: LooseClaims, world: World): string | null {
  const { exp } = claims
  if (exp === null || exp === undefined || exp <= 0) return null
  return serverTime(world) / 1000 > exp ? momentOf(exp) : null
}
