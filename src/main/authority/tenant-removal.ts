import { dialectOf } from '#shared/protocol/dialect.ts'
import { isCovered } from '#shared/protocol/subject-patterns.ts'
import { subjectsOf } from '#shared/protocol/subjects.ts'
import { inTransaction } from '../storage/database.ts'
import { registryWiring, tenantWiring, type AccountClaims } from './account-claims.ts'
import {
  requireOperator,
  type AccountChange,
  type AccountChanges,
  type AuthorityParts,
} from './account-changes.ts'
import type { AccountRow, TenantRecord } from './authority-store.ts'
import type { Ledger, LedgerEntry } from './ledger.ts'
import type { AccountBook } from './tenant-accounts.ts'
import { withoutWiring } from './tenant-wiring.ts'

interface RemovalParts {
  readonly parts: AuthorityParts
  readonly changes: AccountChanges
  readonly ledger: Ledger
  readonly book: AccountBook
}

/** Notes that a tenant is being cleared. Nothing where it is gone. */
export function closeTenant({ store, now }: AuthorityParts, name: string): void {
  if (store.tenant(name) !== undefined) store.setTenantClearing(name, now())
}

/**
 * Takes a tenant off the servers. First nobody refers to it any more: REGISTRY and the other tenants
 * lose their imports, a shared account the tenant's part, with its credentials revoked; then an
 * account that was its own goes off the resolver. Every step is safe to repeat.
 * @throws what `AccountChanges.apply` and `remove` throw.
 */
export async function withdrawTenant(
  removal: RemovalParts,
  name: string,
  reason: string,
  signal: AbortSignal,
): Promise<void> {
  const { parts, changes, ledger, book } = removal
  const tenant = parts.store.tenant(name)
  const account = book.accounts.find(({ publicKey }) => publicKey === tenant?.account)
  if (tenant === undefined || account === undefined) return
  const alone = book.tenantsIn(account.publicKey).length === 1
  const open = openCredentials(ledger, tenant)
  const at = parts.now()
  const edits = [
    ...referring(removal, tenant, account, alone),
    ...(alone ? [] : [withoutTenant(removal, tenant, account, open, at)]),
  ]
  const record = () => {
    for (const { id } of open) ledger.end(id, 'revoked', reason, at)
  }
  if (edits.length > 0) {
    await changes.apply(edits, { action: 'account-change', reason }, signal, record)
  } else inTransaction(parts.database, record)
  if (alone && account.jwt !== null) {
    await changes.remove([account], reason, signal)
  }
  ledger.announce()
}

/** Takes a tenant out of the database, with its account where nobody else lives in it. */
export function forgetTenant(parts: AuthorityParts, name: string): void {
  const { database, store, roles } = parts
  const tenant = store.tenant(name)
  if (tenant === undefined) return
  inTransaction(database, () => {
    for (const key of scopedKeysOf(parts, tenant)) roles.removeKey(key)
    store.removeTenant(name)
    if (store.tenantsOf(tenant.account).length > 0) return
    for (const { publicKey } of roles.keys(tenant.account)) roles.removeKey(publicKey)
    store.removeAccount(tenant.account)
  })
}

/** Public keys of the roles that are this tenant's own. */
export function scopedKeysOf({ roles }: AuthorityParts, tenant: TenantRecord): string[] {
  return roles
    .keys(tenant.account)
    .filter((key) => key.tenant === tenant.name)
    .map(({ publicKey }) => publicKey)
}

/** Accounts that take something from the tenant's, without that. */
function referring(
  { parts, book }: RemovalParts,
  tenant: TenantRecord,
  account: AccountRow,
  alone: boolean,
): AccountChange[] {
  const dialect = dialectOf(requireOperator(parts.store).dialect)
  const mine = registryWiring(dialect, [{ name: tenant.name, account: account.publicKey }])
  const own = subjectsOf(dialect).everythingOf(tenant.name)
  return book.accounts.flatMap((other) => {
    const claims =
      other.publicKey === account.publicKey ? undefined : book.claimsOf(other.publicKey)
    if (claims === undefined) return []
    // REGISTRY's exports carry a wildcard for the tenant and stay for the others.
    const next =
      other.kind === 'registry'
        ? withoutWiring(claims, { imports: mine.imports, exports: [] })
        : claims
    const imports = (next.imports ?? []).filter(
      ({ account: from, subject }) =>
        from !== account.publicKey || !(alone || isCovered(subject, own)),
    )
    const changed = imports.length < (claims.imports ?? []).length
    return changed ? [{ account: other, claims: { ...next, imports } }] : []
  })
}

/** A shared account without one of its tenants: nothing of it crosses, and its users are refused. */
function withoutTenant(
  { parts, book }: RemovalParts,
  tenant: TenantRecord,
  account: AccountRow,
  open: readonly LedgerEntry[],
  at: Date,
): AccountChange {
  const dialect = dialectOf(requireOperator(parts.store).dialect)
  const registry = book.accounts.find(({ kind }) => kind === 'registry')?.publicKey ?? ''
  const claims = book.claimsOf(account.publicKey) as AccountClaims
  const revocations = { ...claims.revocations }
  for (const { publicKey, issuedAt } of open) {
    revocations[publicKey] = Math.floor(Math.max(at.getTime(), issuedAt.getTime()) / 1000)
  }
  const wiring = tenantWiring(dialect, [tenant.name], registry)
  const rest = withoutWiring(claims, wiring)
  const own = subjectsOf(dialect).everythingOf(tenant.name)
  const exports = rest.exports.filter(({ subject }) => !isCovered(subject, own))
  const gone = new Set(scopedKeysOf(parts, tenant))
  const signingKeys = claims.signing_keys.filter(
    (key) => typeof key === 'string' || !gone.has(key.key),
  )
  return { account, claims: { ...rest, exports, revocations, signing_keys: signingKeys } }
}

/** Credentials of a tenant that a server may still take. */
function openCredentials(ledger: Ledger, tenant: TenantRecord): LedgerEntry[] {
  return ledger.entriesOfTenant(tenant.name).filter(({ revokedAt }) => revokedAt === null)
}
