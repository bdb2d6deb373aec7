import { z } from 'zod'
import type { EffectivePermissions, Finding } from '#shared/contract/doctor.ts'
import { expandSubject, type TemplateUser } from '#shared/protocol/permission-template.ts'
import { subjectProblem } from '#shared/protocol/subject-patterns.ts'
import { findingsOf } from './finding.ts'
import type { LooseClaims } from './read-claims.ts'
import { signingKeyOf } from './signing-keys.ts'
import { accountClaims, type World } from './world.ts'

type Lists = EffectivePermissions['pub']

const Strings = z.array(z.string()).nullish()
const PermissionClaims = z
  .looseObject({
    pub: z.looseObject({ allow: Strings, deny: Strings }).nullish(),
    sub: z.looseObject({ allow: Strings, deny: Strings }).nullish(),
    resp: z.looseObject({ max: z.number().default(0), ttl: z.number().default(0) }).nullish(),
  })
  .catch({})
type PermissionClaims = z.infer<typeof PermissionClaims>

const NOTHING: EffectivePermissions = {
  from: 'none',
  pub: { allow: null, deny: [] },
  sub: { allow: null, deny: [] },
  resp: null,
}

/**
 * What a server makes of a user's permissions: its own, those of its scoped signing key filled in for
 * it, or else the account's default ones.
 */
export function effectivePermissions(claims: LooseClaims, world: World): EffectivePermissions {
  const of = accountClaims(world)
  const scope = of === null ? undefined : signingKeyOf(of, claims.iss)?.scope
  if (of !== null && scope !== null && scope !== undefined) {
    return scoped(PermissionClaims.parse(scope['template']), userOf(claims, of))
  }
  const own = listsOf(claims.nats)
  if (!isEmpty(own)) return { from: 'own', ...own }
  const byDefault = listsOf(PermissionClaims.parse(of?.nats['default_permissions']))
  return isEmpty(byDefault) ? NOTHING : { from: 'default', ...byDefault }
}

/** nats-server's `processUserPermissionsTemplate`. */
function scoped(template: PermissionClaims, user: TemplateUser): EffectivePermissions {
  const { pub, sub, resp } = listsOf(template)
  const fill = ({ allow, deny }: Lists): Lists => {
    const expand = (subjects: readonly string[]) =>
      subjects
        .flatMap((subject) => expandSubject(subject, user))
        .filter((subject) => subjectProblem(subject) === undefined)
    const filled = allow === null ? null : expand(allow)
    // A list that shrinks to nothing would allow everything: the server denies everything instead.
    const emptied = allow !== null && allow.length > 0 && filled?.length === 0
    return { allow: filled, deny: [...expand(deny), ...(emptied ? ['>'] : [])] }
  }
  const filled = { pub: fill(pub), sub: fill(sub), resp }
  return isEmpty(filled) ? NOTHING : { from: 'scope', ...filled }
}

function userOf(claims: LooseClaims, account: LooseClaims): TemplateUser {
  return {
    name: claims.name,
    publicKey: claims.sub,
    account: account.sub,
    tags: claims.nats.tags ?? [],
  }
}

function listsOf({ pub, sub, resp }: PermissionClaims): Omit<EffectivePermissions, 'from'> {
  return {
    pub: { allow: pub?.allow ?? null, deny: pub?.deny ?? [] },
    sub: { allow: sub?.allow ?? null, deny: sub?.deny ?? [] },
    resp: resp === null || resp === undefined ? null : { max: resp.max, ttl: resp.ttl },
  }
}

function isEmpty({ pub, sub, resp }: Omit<EffectivePermissions, 'from'>): boolean {
  const lists = [pub.allow ?? [], pub.deny, sub.allow ?? [], sub.deny]
  return resp === null && lists.every((list) => list.length === 0)
}

const permissions = findingsOf('permissions')

const SOURCES: Readonly<Record<EffectivePermissions['from'], string>> = {
  own: 'Its JWT names what it may publish and hear.',
  scope: 'Its signing key sets what it may publish and hear.',
  default: 'It has the default permissions of its account.',
  none: '',
}

/** What stands out about the permissions as such; a subject is asked about by itself. */
export function permissionFindings(effective: EffectivePermissions): Finding[] {
  const { from, pub } = effective
  if (from === 'none') {
    return [
      permissions.warning({
        code: 'PERMISSIONS_NONE',
        title: 'It may publish and hear everything in its account',
        meaning: 'Neither the credential nor its signing key nor the account limits it.',
        advice: 'Issue it anew in a role.',
      }),
    ]
  }
  const nothing = pub.allow !== null && pub.allow.length === 0 && pub.deny.length > 0
  if (nothing || pub.deny.includes('>')) {
    return [
      permissions.warning({
        code: 'PERMISSIONS_NO_PUBLISH',
        title: 'It may publish nothing',
        meaning: nothing
          ? 'Its list of what may be published is there and empty. Beside a list of what may not, servers read that as: nothing.'
          : 'Everything is denied: its signing key’s template named nothing that fits this user.',
        advice: 'Look at the role (Keys, Roles), then issue the credential anew.',
      }),
    ]
  }
  return [
    permissions.fine({
      code: 'PERMISSIONS_LISTED',
      title: 'Its permissions are limited',
      meaning: SOURCES[from],
    }),
  ]
}
