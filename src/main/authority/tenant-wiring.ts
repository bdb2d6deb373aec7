import { InternalError } from '#shared/errors.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'
import {
  newAccountClaims,
  NO_LIMITS,
  registryWiring,
  tenantWiring,
  type AccountClaims,
  type JetStreamStorage,
  type WantedSettings,
  type Wiring,
} from './account-claims.ts'
import {
  requireOperator,
  type AccountChange,
  type AccountChanges,
  type AuthorityParts,
} from './account-changes.ts'
import { KEY_TO_COME, requireRoom } from './account-size.ts'
import type { AccountRow, TenantRecord } from './authority-store.ts'
import { REGISTRY_ACCOUNT_NAME } from './operator-setup.ts'

/** A tenant as far as its wiring goes. */
export type TenantToWire = Pick<TenantRecord, 'name' | 'account' | 'wanted'>

/**
 * Gives tenants their way to REGISTRY and back: each account once, REGISTRY last and once, however
 * many they are, in one push that is noted as a whole.
 * @throws what `AccountChanges.apply` throws.
 */
export async function wireTenants(
  parts: AuthorityParts,
  changes: AccountChanges,
  tenants: readonly TenantToWire[],
  jetStream: JetStreamStorage,
  signal: AbortSignal,
): Promise<void> {
  const { store, now } = parts
  const [first] = tenants
  if (first === undefined) return
  const reason =
    tenants.length === 1
      ? `The tenant ${first.name} is created.`
      : `${tenants.length} tenants are created, ${first.name} the first.`
  await changes.apply(
    wiringChanges(parts, changes, tenants, jetStream),
    { action: 'account-create', reason },
    signal,
    () => {
      for (const { name } of tenants) store.setTenantReady(name, now())
    },
  )
}

/**
 * Checks that REGISTRY, and the shared account, will fit a message with these tenants too, before any
 * key is made for them.
 * @throws RejectedError `ACCOUNT_TOO_LARGE`
 */
export function requireRoomFor(
  parts: AuthorityParts,
  changes: AccountChanges,
  names: readonly string[],
  sharedAccount: AccountRow | 'new' | undefined,
): void {
  const { store, publisher } = parts
  const dialect = dialectOf(requireOperator(store).dialect)
  const limit = publisher.maxPayloadBytes()
  const registry = requireAccount(store.accountNamed('registry', REGISTRY_ACCOUNT_NAME))
  const wired = names.map((name) => ({ name, account: KEY_TO_COME }))
  requireRoom(
    registry,
    withWiring(claimsOr(changes, registry), registryWiring(dialect, wired)),
    limit,
  )
  if (sharedAccount === undefined) return
  const shared = sharedAccount === 'new' ? undefined : sharedAccount
  requireRoom(
    shared ?? { name: 'DEVICES', publicKey: KEY_TO_COME },
    withWiring(
      shared === undefined ? newAccountClaims(KEY_TO_COME) : claimsOr(changes, shared),
      tenantWiring(dialect, names, KEY_TO_COME),
    ),
    limit,
  )
}

function wiringChanges(
  parts: AuthorityParts,
  changes: AccountChanges,
  tenants: readonly TenantToWire[],
  jetStream: JetStreamStorage,
): AccountChange[] {
  const { store } = parts
  const dialect = dialectOf(requireOperator(store).dialect)
  const registry = requireAccount(store.accountNamed('registry', REGISTRY_ACCOUNT_NAME))
  const accounts = [...Map.groupBy(tenants, ({ account }) => account)].map(([publicKey, group]) => {
    const account = requireAccount(store.account(publicKey))
    const names = group.map(({ name }) => name)
    const signingKey = store.keysOf(publicKey, 'signing')[0] ?? ''
    const claims =
      changes.claimsOf(account) ??
      withWanted(newAccountClaims(signingKey, jetStream), group[0]?.wanted)
    return { account, claims: withWiring(claims, tenantWiring(dialect, names, registry.publicKey)) }
  })
  // REGISTRY last: it refers to the tenants' accounts, which the server has to know by then.
  const claims = withWiring(claimsOr(changes, registry, parts), registryWiring(dialect, tenants))
  return [...accounts, { account: registry, claims }]
}

function claimsOr(
  changes: AccountChanges,
  account: AccountRow,
  parts?: AuthorityParts,
): AccountClaims {
  const signingKey = parts?.store.keysOf(account.publicKey, 'signing')[0] ?? KEY_TO_COME
  return changes.claimsOf(account) ?? newAccountClaims(signingKey)
}

function withWanted(claims: AccountClaims, wanted: WantedSettings | null | undefined) {
  if (wanted === null || wanted === undefined) return claims
  const { limits, mappings } = wanted
  return {
    ...claims,
    ...(limits === undefined ? {} : { limits: { ...NO_LIMITS, ...limits } }),
    ...(mappings === undefined ? {} : { mappings }),
  }
}

/**
 * Adds imports and exports; those that are there stay, whoever put them there, but share who asks where
 * the wiring does.
 */
export function withWiring(claims: AccountClaims, wiring: Wiring): AccountClaims {
  return {
    ...claims,
    imports: merge(claims.imports, wiring.imports),
    exports: merge(claims.exports, wiring.exports),
  }
}

/** Takes imports and exports out of an account; the others stay. */
export function withoutWiring(claims: AccountClaims, wiring: Wiring): AccountClaims {
  const gone = new Set([...wiring.imports, ...wiring.exports].map(keyOf))
  const stays = (crossing: BorderCrossing) => !gone.has(keyOf(crossing))
  return {
    ...claims,
    imports: (claims.imports ?? []).filter(stays),
    exports: (claims.exports ?? []).filter(stays),
  }
}

interface BorderCrossing {
  readonly subject: string
  readonly type: string
  readonly account?: string
  readonly share?: boolean
}

/** Tells crossings of one account apart. */
export function keyOf({ type, account, subject }: BorderCrossing): string {
  return `${type} ${account ?? ''} ${subject}`
}

// An empty list is left out of a JWT by nats-io/jwt, so an account written elsewhere may lack it.
function merge<T extends BorderCrossing>(present: readonly T[] | undefined, added: readonly T[]) {
  const known = new Set(present?.map(keyOf))
  const sharing = new Set(added.filter(({ share }) => share === true).map(keyOf))
  const kept = (present ?? []).map((item) =>
    sharing.has(keyOf(item)) && item.share !== true ? { ...item, share: true } : item,
  )
  return [...kept, ...added.filter((item) => !known.has(keyOf(item)))]
}

function requireAccount(account: AccountRow | undefined): AccountRow {
  if (account !== undefined) return account
  throw new InternalError({
    code: 'ACCOUNT_LOST',
    message: 'An account that must be recorded is not there.',
    advice: 'Report this.',
  })
}
