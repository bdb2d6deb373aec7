import { dialectOf } from '#shared/protocol/dialect.ts'
import {
  expandedRules,
  placedTemplate,
  usesName,
  type TemplateUser,
} from '#shared/protocol/permission-template.ts'
import { queueTags } from '#shared/protocol/queue.ts'
import { requireOperator, type AccountChanges, type AuthorityParts } from './account-changes.ts'
import type { AccountRow } from './authority-store.ts'
import type { AuditedSigner } from './key-use.ts'
import { claimsOf, inboxPrefixOf, permissionsOf, type Permissions } from './permissions.ts'
import type { ScopedKey } from './role-store.ts'
import type { CredentialForm } from './user-jwt.ts'
import {
  accountFor,
  inboxOf,
  reasonOf,
  tenantOf,
  tenantUnknown,
  type UserRequest,
} from './user-request.ts'

/** What issuing for one role in one account takes, for the moment of a batch. */
export interface Desk {
  readonly account: AccountRow
  readonly signer: AuditedSigner
  readonly form: CredentialForm
  /** The user's name becomes part of its subjects. */
  readonly namedByDevice: boolean
  readonly revocations: Readonly<Record<string, number>>
  /** What the user may say and hear in the end, whoever sees to it. */
  permissions(user: { name: string; publicKey: string }, request: UserRequest): Permissions
}

/** Requests with the same name are served at one desk. */
export function deskName(account: AccountRow, request: UserRequest): string {
  const scoped = mayBeScoped(request) ? `${request.role} ${tenantOf(request) ?? ''}` : request.role
  return `${account.publicKey} ${scoped}`
}

/**
 * Opens the desk for requests that share it: with the scoped key of the role where the account has one, else
 * with its plain signing key, whose users carry their permissions themselves.
 * @throws RejectedError `ACCOUNT_KEYS_MISSING`; what the keychain throws.
 */
export async function openDesk(
  parts: AuthorityParts,
  changes: AccountChanges,
  requests: readonly UserRequest[],
): Promise<Desk> {
  const [first] = requests
  if (first === undefined) throw tenantUnknown('')
  const { store, keys } = parts
  const account = accountFor(parts, first)
  const claims = changes.claimsOf(account)
  const scoped = mayBeScoped(first) ? scopedKeysFor(parts, account, first) : []
  const [newest] = scoped
  const plain = [
    ...store.keysOf(account.publicKey, 'signing'),
    // An account that was made elsewhere may sign with its identity.
    ...store.keysOf(account.publicKey, 'identity'),
  ]
  const usable = newest === undefined ? plain : scoped.map(({ publicKey }) => publicKey)
  const signer = await keys.signer(usable, 'account', {
    action: 'credential-issue',
    subjects: requests.map(({ publicKey, name }) => publicKey ?? `a new key for ${name}`),
    reason: [...new Set(requests.map(reasonOf))].join(' '),
  })
  const common = { account, signer, revocations: claims?.revocations ?? {} }
  return newest === undefined
    ? { ...common, ...ownPermissions(parts, first) }
    : { ...common, ...scopedPermissions(parts, newest) }
}

function ownPermissions(
  parts: AuthorityParts,
  { role }: UserRequest,
): Pick<Desk, 'form' | 'namedByDevice' | 'permissions'> {
  const dialect = dialectOf(requireOperator(parts.store).dialect)
  const template = role === 'system' ? undefined : parts.roles.template(role)
  return {
    form: 'own',
    namedByDevice: template !== undefined && usesName(template),
    permissions: (user, request) => {
      const inboxPrefix = inboxPrefixOf(user.publicKey, inboxOf(request, template?.inbox))
      const tenant = tenantOf(request)
      return (
        request.permissions?.(inboxPrefix) ??
        permissionsOf({
          role,
          dialect,
          tenant,
          inboxPrefix,
          user: withTags(user, request),
          ...(template === undefined ? {} : { template }),
        })
      )
    },
  }
}

function scopedPermissions(
  { store, roles }: AuthorityParts,
  { role, tenant }: ScopedKey,
): Pick<Desk, 'form' | 'namedByDevice' | 'permissions'> {
  const { dialect } = requireOperator(store)
  const template = roles.template(role)
  const placed = placedTemplate(template, { root: dialectOf(dialect).subjectRoot, tenant })
  return {
    form: 'scoped',
    namedByDevice: usesName(template),
    permissions: (user, request) => {
      const tagged = withTags(user, request)
      return claimsOf({
        pub: expandedRules(placed.pub, tagged),
        sub: expandedRules(placed.sub, tagged),
        answers: placed.answers,
      })
    },
  }
}

function withTags(user: { name: string; publicKey: string }, request: UserRequest): TemplateUser {
  return { ...user, tags: queueTags(tenantOf(request), request.deviceId) }
}

/** The app's own connections have private inboxes and permissions of their own making. */
function mayBeScoped({ role, delivery, permissions, inbox }: UserRequest): boolean {
  return (
    role !== 'system' && delivery !== 'internal' && permissions === undefined && inbox === undefined
  )
}

/** The newest first. One that is not in the keychain is passed over. */
function scopedKeysFor(
  parts: AuthorityParts,
  account: AccountRow,
  request: UserRequest,
): ScopedKey[] {
  return parts.roles
    .keys(account.publicKey)
    .filter(({ role, tenant }) => role === request.role && tenant === tenantOf(request))
}
