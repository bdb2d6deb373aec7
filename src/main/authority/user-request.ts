import { RejectedError, TransientError } from '#shared/errors.ts'
import type { Role } from '#shared/protocol/roles.ts'
import type { AuthorityParts } from './account-changes.ts'
import type { AccountRow } from './authority-store.ts'
import type { Delivery } from './ledger.ts'
import { isPublicKey } from './nkey.ts'
import type { Permissions } from './permissions.ts'

/** How long a credential for one of the app's own connections lives. */
export const INTERNAL_TTL_MS = 24 * 60 * 60 * 1000

/** Where a user belongs and what it may do there. */
export type UserPlace =
  | { readonly account: 'system'; readonly role: 'system' }
  | { readonly account: 'registry'; readonly role: 'registry' }
  | { readonly account: { readonly tenant: string }; readonly role: Exclude<Role, 'registry'> }

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
  /** Instead of those of the role: for connections of this app that may do less, or something else. */
  readonly permissions?: (inboxPrefix: string) => Permissions
  /** Private by default for connections of this app, except the registry's. */
  readonly inbox?: 'private' | 'shared'
  /** Always a new credential, also where the same one was issued before and is still good. */
  readonly renew?: boolean
}

/** The account that a user belongs into. @throws RejectedError `TENANT_UNKNOWN`; TransientError `TENANT_NOT_READY`. */
export function accountFor({ store }: AuthorityParts, request: UserRequest): AccountRow {
  if (typeof request.account === 'string') {
    const account = store.accounts().find(({ kind }) => kind === request.account)
    if (account !== undefined) return account
  }
  const tenant = store.tenant(nameOf(request))
  const home = tenant === undefined ? undefined : store.account(tenant.account)
  if (tenant === undefined || home === undefined) throw tenantUnknown(nameOf(request))
  // One that is being cleared is still to be emptied, by a user made for that.
  const clearing = tenant.clearingAt !== null && request.permissions !== undefined
  if (tenant.state === 'ready' || clearing) return home
  throw new TransientError({
    code: 'TENANT_NOT_READY',
    message: `The mesh has not confirmed the tenant ${tenant.name} yet, so nobody could connect with a credential for it.`,
    advice: 'Wait until the tenant is ready, or look at its problem on the Tenants page.',
    details: { tenant: tenant.name },
  })
}

/** Name of the tenant; empty for accounts that are of none. */
export function nameOf(request: UserRequest): string {
  return tenantOf(request) ?? ''
}

export function tenantOf(request: UserRequest): string | null {
  return typeof request.account === 'string' ? null : request.account.tenant
}

export function reasonOf(request: UserRequest): string {
  const { reason, delivery, name, deviceId } = request
  if (reason !== undefined) return reason
  return delivery === 'internal'
    ? `A connection of Muster's own: ${name}.`
    : `Issued for ${deviceId ?? name}, delivered by ${delivery}.`
}

/** Where a user hears answers, unless its scoped key says so; `usual` is what its role comes with. */
export function inboxOf(
  request: UserRequest,
  usual: 'private' | 'shared' = 'shared',
): 'private' | 'shared' {
  if (request.inbox !== undefined) return request.inbox
  const ours = request.delivery === 'internal'
  return ours && request.role !== 'registry' && request.role !== 'device' ? 'private' : usual
}

/** @throws RejectedError `USER_KEY`. */
export function requireUserKey({ publicKey }: UserRequest): void {
  if (publicKey === undefined || isPublicKey(publicKey, 'user')) return
  throw new RejectedError({
    code: 'USER_KEY',
    message: 'The public key to issue for is not the key of a NATS user (U…), or it is mistyped.',
    advice: 'Take the key from the device or its label again.',
  })
}

export function tenantUnknown(tenant: string): RejectedError {
  return new RejectedError({
    code: 'TENANT_UNKNOWN',
    message: `There is no tenant ${tenant} in this profile.`,
    advice: 'Create the tenant first, or choose another one.',
    details: { tenant },
  })
}
