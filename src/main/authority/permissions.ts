import { InternalError } from '#shared/errors.ts'
import type { Dialect } from '#shared/protocol/dialect.ts'
import { requireSafeToken } from '#shared/protocol/names.ts'
import {
  expandedRules,
  placedTemplate,
  scopedInboxPrefix,
  type PermissionTemplate,
  type SubjectRules,
  type TemplateUser,
} from '#shared/protocol/permission-template.ts'
import { DEFAULT_TEMPLATES, isCustomRole, type Role } from '#shared/protocol/roles.ts'

/** Roles of the window, and that of Muster's own user of the system account. */
export type UserRole = Role | 'system'

/** What a user may say and hear, in the shape of a user JWT's claims. */
export interface Permissions {
  readonly pub: { readonly allow: readonly string[]; readonly deny?: readonly string[] }
  readonly sub: { readonly allow: readonly string[]; readonly deny?: readonly string[] }
  /** Leave to answer a request on its reply subject; `ttl` in nanoseconds. */
  readonly resp?: { readonly max: number; readonly ttl: number }
}

const NANOSECONDS = 1_000_000_000

const SHARED_INBOX_PREFIX = '_INBOX'

/**
 * The prefix of a user's reply subjects. A private one (`_INBOX_U….`) can't be listened to by
 * others of the account; `_INBOX.`, which devices in the field are bound to, can.
 */
export function inboxPrefixOf(publicKey: string, inbox: 'private' | 'shared'): string {
  return inbox === 'private' ? `${SHARED_INBOX_PREFIX}_${publicKey}` : SHARED_INBOX_PREFIX
}

/** The prefix on which a user with these permissions hears its answers. */
export function inboxIn({ sub }: Permissions, publicKey: string): string {
  const heard = [inboxPrefixOf(publicKey, 'private'), scopedInboxPrefix(publicKey, 'private')].find(
    (prefix) => sub.allow.includes(`${prefix}.>`),
  )
  return heard ?? SHARED_INBOX_PREFIX
}

export interface PermissionRequest {
  readonly role: UserRole
  readonly dialect: Dialect
  /** Needed for all roles but registry and system. */
  readonly tenant: string | null
  readonly inboxPrefix: string
  /** The role's template, where it is not the one that it comes with. */
  readonly template?: PermissionTemplate
  /** Name and key of the user, where the template asks for them. */
  readonly user?: TemplateUser
}

/**
 * Permissions of a user whose JWT carries them itself. The same in both isolation modes: in a shared account they are all that
 * stands between tenants, in an account of its own they keep a device off the subjects that nobody answers for.
 * @throws RejectedError `NAME_UNSAFE`.
 */
export function permissionsOf(request: PermissionRequest): Permissions {
  const { dialect, inboxPrefix, role } = request
  if (role === 'system') {
    return { pub: { allow: ['$SYS.REQ.>'] }, sub: { allow: ['$SYS.>', `${inboxPrefix}.>`] } }
  }
  const tenant = role === 'registry' ? null : requireSafeToken(request.tenant ?? '', 'tenant')
  const template = request.template ?? (isCustomRole(role) ? undefined : DEFAULT_TEMPLATES[role])
  if (template === undefined) throw templateMissing(role)
  const placed = placedTemplate(template, { root: dialect.subjectRoot, tenant }, inboxPrefix)
  const user = request.user ?? { name: '', publicKey: '' }
  return claimsOf({
    pub: expandedRules(placed.pub, user),
    sub: expandedRules(placed.sub, user),
    answers: placed.answers,
  })
}

/** Permissions as they stand in a JWT, which leaves out what is empty. */
export function claimsOf(rules: Pick<PermissionTemplate, 'pub' | 'sub' | 'answers'>): Permissions {
  const { answers } = rules
  return {
    pub: lists(rules.pub),
    sub: lists(rules.sub),
    ...(answers === null ? {} : { resp: { max: answers.max, ttl: answers.seconds * NANOSECONDS } }),
  }
}

function lists({ allow, deny }: SubjectRules): {
  allow: readonly string[]
  deny?: readonly string[]
} {
  return deny.length === 0 ? { allow } : { allow, deny }
}

function templateMissing(role: string): InternalError {
  return new InternalError({
    code: 'ROLE_UNKNOWN',
    message: `What the role ${role} may do was not told.`,
    advice: 'Report this.',
  })
}
