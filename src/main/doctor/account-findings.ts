import { z } from 'zod'
import type { Finding } from '#shared/contract/doctor.ts'
import { roleOfPublicKey } from '../authority/nkey.ts'
import { findingsOf, momentOf } from './finding.ts'
import type { LooseClaims } from './read-claims.ts'
import { accountClaims, serverTime, type World } from './world.ts'

const account = findingsOf('account')
const signer = findingsOf('signer')
const revocation = findingsOf('revocation')
const limits = findingsOf('limits')

/** Whether the servers know the account, from the right operator, and as this profile recorded it. */
export function accountFindings(key: string | null, world: World): Finding[] {
  if (key === null) {
    return [
      account.refused({
        code: 'ACCOUNT_NOT_NAMED',
        title: 'It names no account',
        meaning: 'Its issuer is not the key of an account, and it names none besides.',
        advice: 'Issue the credential anew.',
      }),
    ]
  }
  const { recorded, resolver, operatorKeys } = world
  const tenant = recorded?.tenant ?? null
  const action: Finding['action'] = tenant === null ? null : { type: 'tenant', tenant }
  if (resolver.type === 'held') {
    const { claims, genuine, same } = resolver
    if (!genuine || (operatorKeys.length > 0 && !operatorKeys.includes(claims.iss))) {
      return [
        account.refused({
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
        }),
      ]
    }
    const expired = expiredAt(claims, world)
    if (expired !== null) {
      return [
        account.refused({
          code: 'ACCOUNT_EXPIRED',
          title: 'Its account has expired',
          meaning: `The account’s own JWT was good until ${expired}. Nobody in it can log in.`,
          advice: 'Sign the account anew: any change of the tenant does it.',
          action,
        }),
      ]
    }
    if (!same && recorded?.claims !== null && recorded !== null) {
      return [
        account.warning({
          code: 'ACCOUNT_STALE',
          title: 'The resolver holds another version of the account than this profile',
          meaning:
            'Limits, revocations and signing keys are judged here by what the resolver holds, which is what counts.',
          advice: 'Compare and repair it (Keys, Resolver).',
          action: { type: 'resolver' },
        }),
      ]
    }
    return [
      account.fine({
        code: 'ACCOUNT_KNOWN',
        title: `The servers know its account${recorded === null ? '' : ` ${recorded.name}`}`,
        meaning: 'One of this deployment’s operator keys signed it.',
      }),
    ]
  }
  if (resolver.type === 'missing') {
    return [
      recorded === null
        ? account.refused({
            code: 'ACCOUNT_UNKNOWN',
            title: 'Nobody here knows its account',
            meaning:
              'Neither the servers nor this profile have it. The credential is of another deployment (another operator), or of a tenant that was removed.',
            advice:
              'Use it with the deployment that issued it, or commission the device into a tenant of this one.',
            action: { type: 'commission' },
          })
        : account.refused({
            code: 'ACCOUNT_NOT_IN_RESOLVER',
            title: `The servers do not have the account ${recorded.name}`,
            meaning:
              'This profile made it, and the resolver lost it or never got it. Nobody in it can log in.',
            advice: 'Push it again (Keys, Resolver).',
            action: { type: 'resolver' },
          }),
    ]
  }
  return [
    account.unknown({
      code: 'RESOLVER_NOT_ASKED',
      title: 'The servers could not be asked about its account',
      meaning:
        recorded === null
          ? `${resolver.why} This profile does not know the account either.`
          : `${resolver.why} What follows is judged by what this profile recorded.`,
      advice: 'Connect to the mesh, or try a login below.',
    }),
  ]
}

function expiredAt(claims: LooseClaims, world: World): string | null {
  const { exp } = claims
  if (exp === null || exp === undefined || exp <= 0) return null
  return serverTime(world) / 1000 > exp ? momentOf(exp) : null
}

const SigningKeys = z
  .array(z.union([z.string(), z.looseObject({ key: z.string() })]))
  .nullish()
  .catch(null)

/** The entry of the account's signing keys for a key: a bare one, or one with a scope. */
export function signingKeyOf(
  claims: LooseClaims,
  key: string,
): { readonly scope: Readonly<Record<string, unknown>> | null } | undefined {
  const entries = SigningKeys.parse(claims.nats['signing_keys']) ?? []
  const entry = entries.find((one) => (typeof one === 'string' ? one : one.key) === key)
  if (entry === undefined) return undefined
  return { scope: typeof entry === 'string' ? null : entry }
}

/** Whether the key that signed the user may sign for the account. */
export function signerFindings(claims: LooseClaims, key: string | null, world: World): Finding[] {
  const { iss } = claims
  const kind = roleOfPublicKey(iss)
  if (kind !== 'account') {
    return [
      signer.refused({
        code: 'SIGNER_OF_OTHER_KIND',
        title:
          kind === undefined
            ? 'It names no issuer'
            : `An ${kind} signed it`.replace('An user', 'A user'),
        meaning: 'Users are signed by their account or by one of its signing keys.',
        advice: 'Issue the credential anew.',
      }),
    ]
  }
  const of = accountClaims(world)
  if (of === null || key === null) {
    return [
      signer.unknown({
        code: 'SIGNER_NOT_CHECKED',
        title: 'Whether its signer may sign could not be checked',
        meaning: 'That stands in the account’s JWT, which is not known here.',
      }),
    ]
  }
  const identity = iss === key
  const entry = identity ? { scope: null } : signingKeyOf(of, iss)
  if (entry === undefined) {
    return [
      signer.refused({
        code: 'SIGNER_NOT_OF_ACCOUNT',
        title: 'Its signing key is none of the account’s',
        meaning: `${iss} signed it, which the account does not list. The key was rotated or removed, and all that it signed ended with it; or the credential was never of this account.`,
        advice: 'Renew it: the same key gets a credential by the signing key of today.',
        action: renewOf(world),
      }),
    ]
  }
  if (entry.scope !== null && hasOwnPermissions(claims)) {
    return [
      signer.refused({
        code: 'SCOPE_WITH_OWN_PERMISSIONS',
        title: 'It brings permissions that its signing key does not allow',
        meaning:
          'A scoped signing key sets permissions and limits itself; a user under it that has any of its own is refused.',
        advice: 'Issue the credential anew.',
        action: renewOf(world),
      }),
    ]
  }
  return [
    signer.fine({
      code: 'SIGNER_VALID',
      title: identity
        ? 'The account’s identity key signed it'
        : entry.scope === null
          ? 'A signing key of the account signed it'
          : 'A scoped signing key of the account signed it',
      meaning: `Key ${iss}.`,
    }),
  ]
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

const Revocations = z.record(z.string(), z.number()).nullish().catch(null)

/** Whether the account has revoked the user, or everybody up to some time. */
export function revocationFindings(claims: LooseClaims, world: World): Finding[] {
  const of = accountClaims(world)
  if (of === null) {
    return [
      revocation.unknown({
        code: 'REVOCATION_NOT_CHECKED',
        title: 'Whether it is revoked could not be checked',
        meaning: 'Revocations stand in the account’s JWT, which is not known here.',
      }),
    ]
  }
  const revocations = Revocations.parse(of.nats['revocations']) ?? {}
  const issued = claims.iat ?? 0
  const own = revocations[claims.sub]
  const all = revocations['*']
  const row = world.ledger.findLast(({ revokedAt }) => revokedAt !== null)
  const why = row?.reason === null || row === undefined ? '' : ` Reason: ${row.reason}`
  if (own !== undefined && own >= issued) {
    return [
      revocation.refused({
        code: 'REVOKED',
        title: 'It is revoked',
        meaning: `Everything issued for its key up to ${momentOf(own)} is refused, and this was.${why}`,
        advice: 'If that was right, nothing. To let the same key in again, renew it.',
        action: renewOf(world),
      }),
    ]
  }
  if (all !== undefined && all >= issued) {
    return [
      revocation.refused({
        code: 'REVOKED_WITH_ALL',
        title: 'The whole account was revoked up to a time after it was issued',
        meaning: `Everything issued in the account up to ${momentOf(all)} is refused, whoever has it.`,
        advice: 'Renew it: what is issued now is good.',
        action: renewOf(world),
      }),
    ]
  }
  if (
    row !== undefined &&
    world.resolver.type === 'held' &&
    row.issuedAt.getTime() / 1000 >= issued
  ) {
    return [
      revocation.warning({
        code: 'REVOKED_IN_LEDGER_ONLY',
        title: 'The ledger says revoked, the servers do not',
        meaning:
          'Its revocation was dropped when everything that it concerned had expired, or the resolver holds an older account.',
        advice: 'Compare the account (Keys, Resolver).',
        action: { type: 'resolver' },
      }),
    ]
  }
  return [
    revocation.fine({
      code: 'NOT_REVOKED',
      title: 'It is not revoked',
      meaning: 'Neither its key nor the whole account, up to when it was issued.',
    }),
  ]
}

const Limits = z.looseObject({ conn: z.number().optional(), subs: z.number().optional() }).catch({})

/** Whether limits keep it from connecting or subscribing now. */
export function limitFindings(claims: LooseClaims, world: World): Finding[] {
  const of = accountClaims(world)
  if (of === null) return []
  const { conn, subs } = Limits.parse(of.nats['limits'])
  const tenant = world.recorded?.tenant ?? null
  const action: Finding['action'] = tenant === null ? null : { type: 'tenant', tenant }
  if (conn === 0) {
    return [
      limits.refused({
        code: 'LIMIT_NO_CONNECTIONS',
        title: 'Its account allows no connections at all',
        meaning: 'The limit of connections is 0.',
        advice: 'Raise the limit of the tenant.',
        action,
      }),
    ]
  }
  const { connections } = world
  if (connections === null) {
    return [
      limits.unknown({
        code: 'LIMITS_NOT_CHECKED',
        title: 'Whether a limit is reached could not be asked',
        meaning: 'That takes a connection to the servers’ system account.',
      }),
    ]
  }
  const { ofAccount, ofUser, mostSubscriptions } = connections
  const found: Finding[] = []
  if (conn !== undefined && conn > 0 && ofAccount >= conn) {
    found.push(
      limits.refused({
        code: 'LIMIT_CONNECTIONS',
        title: 'Its account has no connection left',
        meaning: `${ofAccount} of ${conn} connections are in use${ofUser > 0 ? `, ${ofUser} of them by this user` : ''}. The next one is refused.`,
        advice: 'Raise the limit of the tenant, or find out who connects that often.',
        action,
      }),
    )
  }
  const own = claims.nats.subs
  const limit = [own, subs].filter((one): one is number => typeof one === 'number' && one > 0)
  const lowest = Math.min(...limit)
  if (limit.length > 0 && mostSubscriptions >= lowest) {
    found.push(
      limits.warning({
        code: 'LIMIT_SUBSCRIPTIONS',
        title: 'Its connection has no subscription left',
        meaning: `It has ${mostSubscriptions} of ${lowest}. It stays connected, and further subscriptions are refused.`,
        advice: 'Raise the limit, or find out why the device subscribes that often.',
        action,
      }),
    )
  }
  if (found.length > 0) return found
  const now =
    ofUser === 0
      ? 'It is not connected now.'
      : `It is connected now${ofUser > 1 ? `, ${ofUser} times` : ''}.`
  return [limits.fine({ code: 'LIMITS_KEPT', title: 'No limit is in its way', meaning: now })]
}

/** Where the user's newest credential is renewed. */
export function renewOf({ ledger }: World): Finding['action'] {
  const newest = ledger.at(-1)
  return newest === undefined ? null : { type: 'renew', credential: newest.id }
}
