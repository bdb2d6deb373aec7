import { randomUUID } from 'node:crypto'
import { RejectedError, TransientError } from '#shared/errors.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'
import { inTransaction } from '../storage/database.ts'
import { requireOperator, type AccountChanges, type AuthorityParts } from './account-changes.ts'
import type { AccountRow } from './authority-store.ts'
import { encodeJwt } from './jwt.ts'
import type { Delivery, Ledger, LedgerEntry } from './ledger.ts'
import { createNkey, isPublicKey } from './nkey.ts'
import { REGISTRY_ACCOUNT_NAME, SYSTEM_ACCOUNT_NAME } from './operator-setup.ts'
import { inboxPrefixOf, permissionsOf } from './permissions.ts'
import type { AuditedSigner } from './key-use.ts'

/** How long a credential for one of the app's own connections lives. */
export const INTERNAL_TTL_MS = 24 * 60 * 60 * 1000

/** Where a user belongs and what it may do there. */
export type UserPlace =
  | { readonly account: 'system'; readonly role: 'system' }
  | { readonly account: 'registry'; readonly role: 'registry' }
  | { readonly account: { readonly tenant: string }; readonly role: 'device' | 'console' }

export type UserRequest = UserPlace & {
  /** Shown in the ledger and in the server's list of connections. */
  readonly name: string
  /** The user's own key (U…). Without it one is created, and its seed returned. */
  readonly publicKey?: string
  readonly deviceId?: string
  readonly ttlMs: number
  /** Until then the user must have connected: see `Ledger.confirmConnected`. */
  readonly pendingUntil?: Date
  readonly delivery: Delivery
  /** Why, for the audit log; by default what the delivery tells. */
  readonly reason?: string
  /** Private by default for connections of this app, except the registry's. */
  readonly inbox?: 'private' | 'shared'
}

export interface IssuedUser {
  readonly ledgerId: string
  readonly publicKey: string
  readonly jwt: string
  /** Secret (SU…), only where the key was created here. It is kept nowhere. */
  readonly seed?: string
  readonly expiresAt: Date
  /** The client has to use this prefix for its reply subjects. */
  readonly inboxPrefix: string
  readonly accountPublicKey: string
}

/**
 * Issues users: all or none, each noted in the ledger before its JWT is handed out.
 * @throws RejectedError `USER_KEY`, `TENANT_UNKNOWN`, `ACCOUNT_KEYS_MISSING`; TransientError
 *   `TENANT_NOT_READY`; ConflictError `AUTHORITY_NOT_SET_UP`; what the keychain throws.
 */
export async function issueUsers(
  parts: AuthorityParts,
  changes: AccountChanges,
  ledger: Ledger,
  requests: readonly UserRequest[],
): Promise<IssuedUser[]> {
  requireOperator(parts.store)
  for (const request of requests) requireUserKey(request)
  const desks = new Map<string, Desk>()
  const byAccount = Map.groupBy(requests, (request) => accountFor(parts, request).publicKey)
  for (const [publicKey, group] of byAccount) {
    desks.set(publicKey, await openDesk(parts, changes, group))
  }
  const issued = requests.map((request) => {
    const desk = desks.get(accountFor(parts, request).publicKey)
    if (desk === undefined) throw tenantUnknown(nameOf(request))
    return issueOne(parts, desk, request)
  })
  inTransaction(parts.database, () => {
    ledger.dropExpiredInternal(parts.now())
    ledger.add(issued.map(({ entry }) => entry))
    for (const { account, signer } of desks.values()) {
      signer.done(
        issued.flatMap(({ entry }) => (entry.account === account.publicKey ? entry.publicKey : [])),
      )
    }
  })
  ledger.announce()
  return issued.map(({ user }) => user)
}

/** What issuing in one account takes, for the moment of a batch. */
interface Desk {
  readonly account: AccountRow
  readonly signer: AuditedSigner
  readonly revocations: Readonly<Record<string, number>>
}

async function openDesk(
  parts: AuthorityParts,
  changes: AccountChanges,
  requests: readonly UserRequest[],
): Promise<Desk> {
  const [first] = requests
  if (first === undefined) throw tenantUnknown('')
  const account = accountFor(parts, first)
  const signer = await parts.keys.signer(
    parts.store.keysOf(account.publicKey, 'signing'),
    'account',
    {
      action: 'credential-issue',
      subjects: requests.map(({ publicKey, name }) => publicKey ?? `a new key for ${name}`),
      reason: [...new Set(requests.map(reasonOf))].join(' '),
    },
  )
  return { account, signer, revocations: changes.claimsOf(account)?.revocations ?? {} }
}

function issueOne(
  parts: AuthorityParts,
  desk: Desk,
  request: UserRequest,
): { user: IssuedUser; entry: LedgerEntry } {
  const created = request.publicKey === undefined ? createNkey('user') : undefined
  const publicKey = request.publicKey ?? created?.publicKey ?? ''
  const tenant = tenantOf(request)
  const inboxPrefix = inboxPrefixOf(publicKey, inboxOf(request))
  const dialect = dialectOf(requireOperator(parts.store).dialect)
  const permissions = permissionsOf({ role: request.role, dialect, tenant, inboxPrefix })
  const issuedAt = issueSecond(parts.now(), desk.revocations, publicKey)
  const expiresAt = issuedAt + Math.ceil(request.ttlMs / 1000)
  const jwt = encodeJwt(
    {
      name: request.name,
      subject: publicKey,
      type: 'user',
      nats: {
        ...permissions,
        subs: -1,
        data: -1,
        payload: -1,
        issuer_account: desk.account.publicKey,
      },
      issuedAt,
      expiresAt,
    },
    desk.signer,
  )
  const entry: LedgerEntry = {
    id: randomUUID(),
    publicKey,
    account: desk.account.publicKey,
    tenant,
    role: request.role,
    name: request.name,
    deviceId: request.deviceId ?? null,
    permissions,
    signingKey: desk.signer.publicKey,
    issuedAt: new Date(issuedAt * 1000),
    expiresAt: new Date(expiresAt * 1000),
    pendingUntil: request.pendingUntil ?? null,
    connectedAt: null,
    delivery: request.delivery,
    state: request.pendingUntil === undefined ? 'active' : 'pending',
    revokedAt: null,
    reason: null,
  }
  const user = {
    ledgerId: entry.id,
    publicKey,
    jwt,
    ...(created === undefined ? {} : { seed: created.seed }),
    expiresAt: entry.expiresAt,
    inboxPrefix,
    accountPublicKey: desk.account.publicKey,
  }
  return { user, entry }
}

/**
 * The server refuses a JWT issued at or before its key's revocation, in whole seconds: one that is
 * renewed within the second of the revocation counts as issued in the next.
 */
function issueSecond(
  now: Date,
  revocations: Readonly<Record<string, number>>,
  publicKey: string,
): number {
  const revokedAt = Math.max(revocations[publicKey] ?? 0, revocations['*'] ?? 0)
  return Math.max(Math.floor(now.getTime() / 1000), revokedAt + 1)
}

function accountFor({ store }: AuthorityParts, request: UserRequest): AccountRow {
  const account =
    request.account === 'system'
      ? store.accountNamed('system', SYSTEM_ACCOUNT_NAME)
      : request.account === 'registry'
        ? store.accountNamed('registry', REGISTRY_ACCOUNT_NAME)
        : undefined
  if (account !== undefined) return account
  const tenant = store.tenant(nameOf(request))
  const home = tenant === undefined ? undefined : store.account(tenant.account)
  if (tenant === undefined || home === undefined) throw tenantUnknown(nameOf(request))
  if (tenant.state === 'ready') return home
  throw new TransientError({
    code: 'TENANT_NOT_READY',
    message: `The mesh has not confirmed the tenant ${tenant.name} yet, so nobody could connect with a credential for it.`,
    advice: 'Wait until the tenant is ready, or look at its problem on the Tenants page.',
    details: { tenant: tenant.name },
  })
}

function nameOf(request: UserRequest): string {
  return tenantOf(request) ?? ''
}

function tenantOf(request: UserRequest): string | null {
  return typeof request.account === 'string' ? null : request.account.tenant
}

function reasonOf(request: UserRequest): string {
  const { reason, delivery, name, deviceId } = request
  if (reason !== undefined) return reason
  return delivery === 'internal'
    ? `A connection of Muster's own: ${name}.`
    : `Issued for ${deviceId ?? name}, delivered by ${delivery}.`
}

function inboxOf(request: UserRequest): 'private' | 'shared' {
  if (request.inbox !== undefined) return request.inbox
  const ours = request.delivery === 'internal'
  return ours && (request.role === 'system' || request.role === 'console') ? 'private' : 'shared'
}

function requireUserKey({ publicKey }: UserRequest): void {
  if (publicKey === undefined || isPublicKey(publicKey, 'user')) return
  throw new RejectedError({
    code: 'USER_KEY',
    message: 'The public key to issue for is not the key of a NATS user (U…), or it is mistyped.',
    advice: 'Take the key from the device or its label again.',
  })
}

function tenantUnknown(tenant: string): RejectedError {
  return new RejectedError({
    code: 'TENANT_UNKNOWN',
    message: `There is no tenant ${tenant} in this profile.`,
    advice: 'Create the tenant first, or choose another one.',
    details: { tenant },
  })
}
