import { ConflictError, InternalError, RejectedError, toMusterError } from '#shared/errors.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'
import { isStrictName } from '#shared/protocol/names.ts'
import {
  newAccountClaims,
  registryWiring,
  tenantWiring,
  type AccountClaims,
  type JetStreamStorage,
  type Wiring,
} from './account-claims.ts'
import { requireOperator, type AccountChanges, type AuthorityParts } from './account-changes.ts'
import type { AccountRow, TenantRecord } from './authority-store.ts'
import { REGISTRY_ACCOUNT_NAME } from './operator-setup.ts'

/**
 * The account of all tenants with isolation `shared`. Within it only user permissions separate them,
 * and `_INBOX.>` is common: a client of one can read the answers that another one gets.
 */
export const SHARED_ACCOUNT_NAME = 'DEVICES'

/** Pushes the account of a recorded tenant and REGISTRY, wired to each other, and notes it as ready. */
export async function wireTenant(
  parts: AuthorityParts,
  changes: AccountChanges,
  tenant: TenantRecord,
  jetStream: JetStreamStorage,
  signal: AbortSignal,
): Promise<void> {
  const { store, now } = parts
  const dialect = dialectOf(requireOperator(store).dialect)
  const account = requireAccount(store.account(tenant.account))
  const registry = requireAccount(store.accountNamed('registry', REGISTRY_ACCOUNT_NAME))
  const accountClaims =
    changes.claimsOf(account) ??
    newAccountClaims(store.keysOf(account.publicKey, 'signing')[0] ?? '', jetStream)
  const registryClaims =
    changes.claimsOf(registry) ??
    newAccountClaims(store.keysOf(registry.publicKey, 'signing')[0] ?? '')
  await changes.apply(
    [
      // REGISTRY last: it refers to the tenant's account, which the server has to know by then.
      {
        account,
        claims: withWiring(accountClaims, tenantWiring(dialect, [tenant.name], registry.publicKey)),
      },
      {
        account: registry,
        claims: withWiring(
          registryClaims,
          registryWiring(dialect, [{ name: tenant.name, account: account.publicKey }]),
        ),
      },
    ],
    { action: 'account-create', reason: `The tenant ${tenant.name} is created.` },
    signal,
    () => store.setTenantReady(tenant.name, now()),
  )
}

/** Adds imports and exports; those that are there stay, whoever put them there. */
function withWiring(claims: AccountClaims, wiring: Wiring): AccountClaims {
  return {
    ...claims,
    imports: merge(claims.imports, wiring.imports),
    exports: merge(claims.exports, wiring.exports),
  }
}

interface BorderCrossing {
  readonly subject: string
  readonly type: string
  readonly account?: string
}

// An empty list is left out of a JWT by nats-io/jwt, so an account written elsewhere may lack it.
function merge<T extends BorderCrossing>(present: readonly T[] | undefined, added: readonly T[]) {
  const key = ({ type, account, subject }: T) => `${type} ${account ?? ''} ${subject}`
  const known = new Set(present?.map(key))
  return [...(present ?? []), ...added.filter((item) => !known.has(key(item)))]
}

export function noteProblem(parts: AuthorityParts, name: string, thrown: unknown): void {
  const { kind, code, message, advice, details } = toMusterError(thrown)
  try {
    parts.store.setTenantProblem(name, { kind, code, message, advice, details: { ...details } })
  } catch (error) {
    // The problem that is thrown matters more than that it could not be written down.
    parts.log.warn('the problem of a tenant could not be recorded', { tenant: name, error })
  }
}

export function requireTenant({ store }: AuthorityParts, name: string): TenantRecord {
  const tenant = store.tenant(name)
  if (tenant !== undefined) return tenant
  throw new InternalError({
    code: 'TENANT_LOST',
    message: `The tenant ${name} was recorded and is not there.`,
    advice: 'Report this.',
  })
}

function requireAccount(account: AccountRow | undefined): AccountRow {
  if (account !== undefined) return account
  throw new InternalError({
    code: 'ACCOUNT_LOST',
    message: 'An account that must be recorded is not there.',
    advice: 'Report this.',
  })
}

export function requireTenantName(name: string): void {
  if (isStrictName(name)) return
  throw new RejectedError({
    code: 'TENANT_NAME',
    message:
      'A tenant name stands in subjects, file names and certificates, so it has 1 to 64 letters, digits, dashes or underscores.',
    advice: 'Choose a name such as plant-7.',
  })
}

export function isolationFixed({ name, isolation }: TenantRecord): ConflictError {
  return new ConflictError({
    code: 'TENANT_ISOLATION_FIXED',
    message:
      isolation === 'account'
        ? `The tenant ${name} has an account of its own; it can not move into the shared one.`
        : `The tenant ${name} lives in the shared account; it can not get one of its own under that name.`,
    advice: 'Create a tenant with another name.',
    details: { tenant: name, isolation },
  })
}
