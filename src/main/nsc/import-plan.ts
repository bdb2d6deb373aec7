import type { DialectName } from '#shared/protocol/dialect.ts'
import { isStrictName } from '#shared/protocol/names.ts'
import type { PermissionTemplate } from '#shared/protocol/permission-template.ts'
import { foldedName } from '#shared/protocol/tenant-names.ts'
import { reachOf, roleOf, type JudgedRole, type Reach } from './judge-user.ts'
import { templateOf } from './role-of-scope.ts'
import type { StorePermissions } from './store-claims.ts'
import type { StoreAccount, StoreModel, StoreOperator, StoreUser } from './store-model.ts'

/** What an account of the store becomes in Muster. `nothing`: it stays in the store alone. */
export type AccountPlace = 'system' | 'registry' | 'shared' | 'tenant' | 'nothing'

export interface PlannedAccount {
  readonly account: StoreAccount
  readonly becomes: AccountPlace
  readonly tenants: readonly string[]
  /** Why it is left out, or what there is to know. */
  readonly notes: readonly string[]
  /** One of its keys that may sign any user is in the store. */
  readonly canIssue: boolean
  /** Its signing keys that stand for a role. */
  readonly roles: readonly PlannedRole[]
}

/** A scoped signing key that credentials can be issued with. */
export interface PlannedRole {
  readonly key: string
  /** As the store calls it; may be empty. */
  readonly name: string
  readonly template: PermissionTemplate
  /** Null for one of the registry's account. */
  readonly tenant: string | null
}

export interface PlannedUser {
  readonly user: StoreUser
  readonly role: JudgedRole
  readonly tenant: string | null
  readonly deviceId: string | null
}

/** A private key that is to go into the keychain. */
export interface PlannedKey {
  readonly publicKey: string
  readonly path: string
}

export interface ImportPlan {
  readonly operator: StoreOperator
  /** Null where nothing in the store tells it. */
  readonly dialect: DialectName | null
  readonly accounts: readonly PlannedAccount[]
  readonly users: readonly PlannedUser[]
  readonly keys: readonly PlannedKey[]
  /** Muster makes a system account, or a key for the one whose keys are not there. */
  readonly system: 'there' | 'new-key' | 'create'
  readonly registry: 'there' | 'create'
  readonly warnings: readonly string[]
}

/** What an import of this operator would make of the store. Decides by content alone; asks nobody. */
export function planImport(model: StoreModel, operator: StoreOperator): ImportPlan {
  const dialect = dialectIn(operator)
  const root = dialect ?? 'device-connect'
  const taken = new Set<string>()
  const names = new Set<string>()
  const accounts = operator.accounts.map((account) => {
    const planned = placeOf(account, operator, root, taken)
    for (const tenant of planned.tenants) taken.add(foldedName(tenant))
    const doubled = planned.becomes !== 'nothing' && names.has(account.name)
    names.add(account.name)
    const canIssue = [account.publicKey, ...account.signingKeys].some((key) => model.keys.has(key))
    if (!doubled) return withRoles({ account, ...planned, canIssue }, root)
    const notes = ['Another account of this operator has the same name. It is left out.']
    return { account, becomes: 'nothing' as const, tenants: [], notes, canIssue, roles: [] }
  })
  const kept = accounts.filter(({ becomes }) => becomes !== 'nothing')
  const system = kept.find(({ becomes }) => becomes === 'system')
  return {
    operator,
    dialect,
    accounts,
    users: kept.flatMap((planned) => usersOf(planned)),
    keys: keysOf(
      model,
      operator,
      kept.map(({ account }) => account),
    ),
    system: system === undefined ? 'create' : system.canIssue ? 'there' : 'new-key',
    registry: kept.some(({ becomes }) => becomes === 'registry') ? 'there' : 'create',
    warnings: warningsOf(operator, kept, root),
  }
}

function withRoles(planned: Omit<PlannedAccount, 'roles'>, dialect: DialectName): PlannedAccount {
  const { account, becomes, tenants } = planned
  if (becomes === 'nothing' || becomes === 'system') return { ...planned, roles: [] }
  const notes = [...planned.notes]
  // By name: the first of several that say the same gives it, and the JWT lists them by their keys.
  const scoped = account.scoped.toSorted((one, other) => one.role.localeCompare(other.role))
  const roles = scoped.flatMap(({ key, role: name, permissions }): PlannedRole[] => {
    const tenant = tenantOfScope(permissions, becomes, tenants, dialect)
    const template = tenant === undefined ? undefined : templateOf(permissions, { dialect, tenant })
    if (tenant !== undefined && template !== undefined) return [{ key, name, template, tenant }]
    notes.push(
      `Its signing key for the role “${name}” is not for the subjects of one tenant. What it signed stays good; Muster issues nothing with it.`,
    )
    return []
  })
  return { ...planned, notes, roles }
}

/** Whose subjects a scoped key opens; undefined where that is no tenant, and no registry. */
function tenantOfScope(
  permissions: StorePermissions,
  becomes: AccountPlace,
  tenants: readonly string[],
  dialect: DialectName,
): string | null | undefined {
  if (becomes === 'registry') return null
  const reach = reachOf(permissions)
  if (reach.kind === 'tenant' && reach.dialect === dialect) {
    return tenants.includes(reach.tenant) ? reach.tenant : undefined
  }
  return becomes === 'tenant' ? tenants[0] : undefined
}

interface Place {
  readonly becomes: AccountPlace
  readonly tenants: readonly string[]
  readonly notes: readonly string[]
}

function placeOf(
  account: StoreAccount,
  operator: StoreOperator,
  dialect: DialectName,
  taken: ReadonlySet<string>,
): Place {
  if (account.publicKey === operator.systemAccount)
    return { becomes: 'system', tenants: [], notes: [] }
  if (isRegistry(account, dialect)) return { becomes: 'registry', tenants: [], notes: [] }
  const reaches = account.users
    .filter(({ ours }) => ours)
    .map((user) => ({ user, reach: reachOf(user.permissions) }))
  const named = new Set(reaches.flatMap(({ user, reach }) => tenantOf(user, reach, dialect) ?? []))
  const everyTenant = reaches.some(
    ({ reach }) => reach.kind === 'all-tenants' && reach.dialect === dialect,
  )
  if (named.size > 1 || everyTenant) {
    const { tenants, notes } = usable([...named], taken)
    return { becomes: 'shared', tenants, notes }
  }
  if (
    named.size === 0 &&
    reaches.length > 0 &&
    reaches.every(({ reach }) => reach.kind === 'other')
  ) {
    const note =
      'Its users speak about other subjects than those of devices. It is left out and goes on as it is.'
    return { becomes: 'nothing', tenants: [], notes: [note] }
  }
  const [tenant = account.name] = named
  const { tenants, notes } = usable([tenant], taken)
  return { becomes: tenants.length === 0 ? 'nothing' : 'tenant', tenants, notes }
}

/** The tenant a user is of; that in its `.creds.json` where it may speak in all (protocol.md: "legacy"). */
function tenantOf(user: StoreUser, reach: Reach, dialect: DialectName): string | undefined {
  if (reach.kind === 'tenant') return reach.dialect === dialect ? reach.tenant : undefined
  if (reach.kind !== 'all-tenants' || reach.dialect !== dialect) return undefined
  return user.tenant ?? undefined
}

function usable(
  names: readonly string[],
  taken: ReadonlySet<string>,
): Pick<Place, 'tenants' | 'notes'> {
  const tenants: string[] = []
  const notes: string[] = []
  for (const name of names) {
    if (!isStrictName(name)) {
      notes.push(
        'A tenant name has 1 to 64 letters, digits, dashes or underscores; one here has others. It is left out.',
      )
    } else if (taken.has(foldedName(name))) {
      notes.push(
        `The tenant ${name} lives in another account of this store already. It is left out here.`,
      )
    } else tenants.push(name)
  }
  return { tenants, notes }
}

function isRegistry({ name, exports, users }: StoreAccount, root: string): boolean {
  const serves = exports.some(
    (subject) => subject.startsWith(`${root}.`) && subject.endsWith('.registry'),
  )
  return (
    serves &&
    (/^registry$/iu.test(name) ||
      users.every((user) => reachOf(user.permissions).kind !== 'tenant'))
  )
}

function usersOf({ account, becomes, tenants }: PlannedAccount): PlannedUser[] {
  return account.users
    .filter(({ ours }) => ours)
    .map((user) => {
      const reach = reachOf(user.permissions)
      const role = roleOf(reach, user.name, becomes === 'system')
      // A console in the account of one tenant is that tenant's, whatever its list leaves open.
      const only = becomes === 'tenant' ? (tenants[0] ?? null) : null
      const tenant = reach.kind === 'tenant' ? reach.tenant : role === 'console' ? only : null
      const own = reach.kind === 'tenant' ? reach.deviceId : null
      const named = isStrictName(user.name) ? user.name : null
      return {
        user,
        role,
        tenant: tenant !== null && tenants.includes(tenant) ? tenant : null,
        deviceId: role === 'device' ? (own ?? user.deviceId ?? named) : null,
      }
    })
}

function keysOf(
  model: StoreModel,
  operator: StoreOperator,
  accounts: readonly StoreAccount[],
): PlannedKey[] {
  const wanted = [
    operator.publicKey,
    ...operator.signingKeys,
    ...accounts.flatMap(({ publicKey, signingKeys, scoped }) => [
      publicKey,
      ...signingKeys,
      ...scoped.map(({ key }) => key),
    ]),
  ]
  return [...new Set(wanted)].flatMap((publicKey) => {
    const file = model.keys.get(publicKey)
    return file === undefined ? [] : { publicKey, path: file.path }
  })
}

/** The dialect that most of the users speak. */
function dialectIn({ accounts }: StoreOperator): DialectName | null {
  const votes = { 'device-connect': 0, fabric: 0 }
  for (const { users, exports, scoped } of accounts) {
    const scopes = scoped.map(({ permissions }) => permissions)
    for (const permissions of [...users.map((user) => user.permissions), ...scopes]) {
      const reach = reachOf(permissions)
      if (reach.kind === 'tenant' || reach.kind === 'all-tenants') votes[reach.dialect] += 1
    }
    for (const subject of exports) {
      const root = subject.split('.')[0]
      if (root === 'device-connect' || root === 'fabric') votes[root] += 1
    }
  }
  if (votes.fabric === 0 && votes['device-connect'] === 0) return null
  return votes.fabric > votes['device-connect'] ? 'fabric' : 'device-connect'
}

function warningsOf(
  operator: StoreOperator,
  accounts: readonly PlannedAccount[],
  dialect: DialectName,
): string[] {
  const warnings: string[] = []
  const users = accounts.flatMap(({ account }) => account.users)
  const other = users.some(({ permissions }) => {
    const reach = reachOf(permissions)
    return (reach.kind === 'tenant' || reach.kind === 'all-tenants') && reach.dialect !== dialect
  })
  if (other) {
    warnings.push(
      `Some users speak the other dialect. A profile has one; this one will have ${dialect}, and those users are kept in the ledger without a tenant.`,
    )
  }
  for (const { account, becomes } of accounts) {
    if (becomes !== 'shared' && becomes !== 'tenant') continue
    if (becomes === 'shared') {
      warnings.push(
        `The account ${account.name} is shared: only permissions separate its tenants, and they can read each other’s replies on _INBOX.>.`,
      )
    }
    if (account.users.some(({ name }) => /regist/iu.test(name))) {
      warnings.push(
        `The account ${account.name} has a registry of its own. Stop it before Muster’s takes over: both would answer.`,
      )
    }
  }
  const endless = users.filter(({ claims, ours }) => ours && (claims.exp ?? 0) === 0).length
  if (endless > 0) {
    warnings.push(
      `${endless} of ${users.length} users have credentials that never expire. Muster can renew them with an end.`,
    )
  }
  if (operator.signingKeys.length === 0) {
    warnings.push(
      'The operator has no signing key: its identity key signs everything. Rotate it once the import is done, so that the identity key can go offline.',
    )
  }
  return warnings
}
