import { ConflictError, RejectedError, TransientError } from '#shared/errors.ts'
import { foldedName, newNameProblem } from '#shared/protocol/tenant-names.ts'
import { inTransaction } from '../storage/database.ts'
import type { AccountChanges, AuthorityParts } from './account-changes.ts'
import { requireOperator } from './account-changes.ts'
import type { KeyUse } from './key-use.ts'
import { recordAccount } from './operator-setup.ts'
import type { TenantOrder } from './tenant-accounts.ts'
import { isolationFixed, SHARED_ACCOUNT_NAME } from './tenant-creation.ts'
import { requireRoomFor } from './tenant-wiring.ts'

/** Tenants whose rows are written together: few enough that a crash leaves few keys without one. */
const TENANTS_PER_TRANSACTION = 20

/** Keeps a note of keys that are made and not recorded yet, so that a crash leaves none that nobody knows. */
export interface TenantReservation {
  /** Keys from before a crash. */
  readonly keys: readonly string[]
  /** Replaces the note; written before the keychain hears of a key. */
  save(keys: readonly string[]): void
}

/**
 * Makes keys for tenants that are not there yet and notes them as pending.
 * @throws RejectedError `TENANT_NAME`, `ACCOUNT_TOO_LARGE`; ConflictError `TENANT_ISOLATION_FIXED`,
 *   `TENANT_NAME_CLASH`, `AUTHORITY_NOT_SET_UP`; TransientError `CANCELLED`; what the keychain throws.
 */
export async function planTenants(
  parts: AuthorityParts,
  changes: AccountChanges,
  orders: readonly TenantOrder[],
  reservation: TenantReservation,
  signal: AbortSignal,
): Promise<void> {
  const { store, keys } = parts
  requireOperator(store)
  // What a crash left is of no use: the rows decide, and they do not know it.
  await keys.forget(
    reservation.keys.filter((key) => !store.knowsKey(key)),
    forgetting(
      'A batch of tenants was interrupted before it noted this key.',
      'a batch of tenants',
    ),
  )
  if (reservation.keys.length > 0) reservation.save([])
  const due = newOnes(parts, orders)
  const shared = store.sharedAccount()
  const sharedDue = due.some(({ isolation }) => isolation === 'shared')
  const unready = orders.flatMap(({ name }) => (store.tenant(name)?.state === 'ready' ? [] : name))
  requireRoomFor(parts, changes, unready, sharedDue ? (shared ?? 'new') : undefined)
  if (sharedDue) await makeSharedAccount(parts, due, reservation)
  for (let start = 0; start < due.length; start += TENANTS_PER_TRANSACTION) {
    if (signal.aborted) throw cancelled()
    await planSome(parts, due.slice(start, start + TENANTS_PER_TRANSACTION), reservation)
  }
}

/**
 * Forgets tenants that no server ever heard of, with their accounts and keys; the others stay.
 * Safe to call again.
 */
export async function forgetUnconfirmed(
  parts: AuthorityParts,
  names: readonly string[],
  reserved: readonly string[],
): Promise<void> {
  const { database, store, keys } = parts
  const gone: string[] = [...reserved]
  inTransaction(database, () => {
    for (const name of names) {
      const tenant = store.tenant(name)
      if (tenant === undefined || tenant.state === 'ready' || tenant.readyAt !== null) continue
      const account = store.account(tenant.account)
      store.removeTenant(name)
      if (account?.jwt !== null || store.tenantsOf(tenant.account).length > 0) continue
      gone.push(
        ...store.keysOf(tenant.account, 'identity'),
        ...store.keysOf(tenant.account, 'signing'),
      )
      store.removeAccount(tenant.account)
    }
  })
  await keys.forget(
    gone.filter((key) => !store.knowsKey(key)),
    forgetting(
      'A batch of tenants was given up; no server ever heard of this key.',
      'a batch of tenants',
    ),
  )
}

/** Why a key of a tenant is deleted, for the audit log. */
export function forgetting(reason: string, whose: string): KeyUse {
  return { action: 'key-delete', subjects: [`key of ${whose}`], reason }
}

/**
 * Checks the name of a tenant that is to come.
 * @param taken the names that there are
 * @throws RejectedError `TENANT_NAME`; ConflictError `TENANT_NAME_CLASH`.
 */
export function requireNewTenantName(name: string, taken: readonly string[]): void {
  const problem = newNameProblem(name)
  if (problem !== undefined) {
    throw new RejectedError({
      code: 'TENANT_NAME',
      message: `${problem} A tenant name stands in subjects, file names and certificates, so it has 1 to 64 letters, digits, dashes or underscores.`,
      advice: 'Choose a name such as plant-7.',
    })
  }
  const clash = taken.find((other) => foldedName(other) === foldedName(name))
  if (clash === undefined || clash === name) return
  throw new ConflictError({
    code: 'TENANT_NAME_CLASH',
    message: `There is a tenant ${clash} already. Names that differ in capitals only are one folder on Windows and macOS.`,
    advice: 'Choose another name.',
    details: { tenant: clash },
  })
}

function newOnes({ store }: AuthorityParts, orders: readonly TenantOrder[]): TenantOrder[] {
  const taken = new Map(store.tenants().map((tenant) => [foldedName(tenant.name), tenant]))
  return orders.filter((order) => {
    const known = taken.get(foldedName(order.name))
    if (known?.name === order.name) {
      if (known.isolation !== order.isolation) throw isolationFixed(known)
      return false
    }
    requireNewTenantName(order.name, known === undefined ? [] : [known.name])
    return true
  })
}

async function makeSharedAccount(
  parts: AuthorityParts,
  due: readonly TenantOrder[],
  reservation: TenantReservation,
): Promise<void> {
  if (parts.store.sharedAccount() !== undefined) return
  const first = due.find(({ isolation }) => isolation === 'shared')
  const ring = await makeRing(parts, SHARED_ACCOUNT_NAME, first?.name ?? '', [], reservation)
  inTransaction(parts.database, () => {
    recordAccount(parts, 'shared', SHARED_ACCOUNT_NAME, ring, null)
  })
  reservation.save([])
}

async function planSome(
  parts: AuthorityParts,
  orders: readonly TenantOrder[],
  reservation: TenantReservation,
): Promise<void> {
  const { database, store, now } = parts
  const rings = new Map<string, { identity: string; signing: string }>()
  for (const { name, isolation } of orders) {
    if (isolation === 'shared') continue
    const reserved = [...rings.values()].flatMap(({ identity, signing }) => [identity, signing])
    rings.set(name, await makeRing(parts, name, name, reserved, reservation))
  }
  inTransaction(database, () => {
    for (const { name, isolation, wanted } of orders) {
      const ring = rings.get(name)
      if (ring !== undefined) recordAccount(parts, 'tenant', name, ring, null)
      const account = ring?.identity ?? store.sharedAccount()?.publicKey ?? ''
      store.addTenant(name, account, isolation, now(), wanted)
    }
  })
  reservation.save([])
}

async function makeRing(
  { keys }: AuthorityParts,
  account: string,
  tenant: string,
  reserved: readonly string[],
  reservation: TenantReservation,
): Promise<{ identity: string; signing: string }> {
  let made = reserved
  const create = (purpose: string) =>
    keys.create(
      'account',
      {
        action: 'key-create',
        subjects: [`${purpose} key of account ${account}`],
        reason: `The tenant ${tenant} is created.`,
      },
      (publicKey) => {
        made = [...made, publicKey]
        reservation.save(made)
      },
    )
  return { identity: await create('identity'), signing: await create('signing') }
}

function cancelled(): TransientError {
  return new TransientError({
    code: 'CANCELLED',
    message: 'It was cancelled before anything was sent to the mesh.',
    advice: 'Resume it, or discard it.',
  })
}
