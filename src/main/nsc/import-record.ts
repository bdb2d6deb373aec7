import { randomUUID } from 'node:crypto'
import { InternalError } from '#shared/errors.ts'
import { isCustomRole, TENANT_ROLES, type Role } from '#shared/protocol/roles.ts'
import { dialectOf, type DialectName } from '#shared/protocol/dialect.ts'
import {
  newAccountClaims,
  registryWiring,
  type AccountClaims,
} from '../authority/account-claims.ts'
import { signAccount } from '../authority/account-changes.ts'
import type { RoleStore } from '../authority/role-store.ts'
import type { AccountKind, AuthorityStore } from '../authority/authority-store.ts'
import { encodeJwt } from '../authority/jwt.ts'
import type { AuditedSigner, KeyUse } from '../authority/key-use.ts'
import type { KeyVault } from '../authority/key-vault.ts'
import type { Ledger, LedgerEntry } from '../authority/ledger.ts'
import { importedName, sameRole } from './role-of-scope.ts'
import type { ImportPlan, PlannedAccount, PlannedUser } from './import-plan.ts'

export interface RecordParts {
  readonly store: AuthorityStore
  readonly ledger: Ledger
  readonly roles: RoleStore
  readonly keys: KeyVault
  readonly now: () => Date
}

/** Public keys that the import made itself; null where it had no need to. */
export interface MadeKeys {
  readonly systemIdentity: string | null
  readonly systemSigning: string | null
  readonly registryIdentity: string | null
  readonly registrySigning: string | null
}

/** What the database gets, all JWTs signed: written in one transaction by `write`. */
export interface ImportRecord {
  /** Writes everything that is not there yet; in the caller's transaction. */
  write(): ImportCounts
  /** Notes at the signers that it failed. */
  failed(error: unknown): void
}

export interface ImportCounts {
  readonly tenants: number
  readonly accounts: number
  readonly credentials: number
}

/** Never-ending credentials end here in the ledger, which knows no other way to say it. */
export const NEVER_EXPIRES = new Date('9999-12-31T00:00:00Z')

const REGISTRY_NAME = 'REGISTRY'
const SYSTEM_NAME = 'SYS'

/**
 * Signs what Muster adds to a deployment (REGISTRY; a system account or a key for it where needed) and
 * prepares the rows. What the store's operator signed is recorded as it is, so that servers see no change.
 * @throws RejectedError `OPERATOR_KEYS_MISSING`; what keychain and audit log throw.
 */
export async function prepareRecord(
  parts: RecordParts,
  plan: ImportPlan,
  dialect: DialectName,
  made: MadeKeys,
): Promise<ImportRecord> {
  const { store, keys } = parts
  const at = parts.now()
  const { operator } = plan
  const rows: AccountPlan[] = plan.accounts.flatMap((planned) => rowOf(planned))
  let operatorJwt = operator.jwt
  const signers: AuditedSigner[] = []
  const signerFor = async (publicKeys: readonly string[], use: KeyUse) => {
    const signer = await keys.signer(publicKeys, 'operator', use)
    signers.push(signer)
    return signer
  }
  const merging = store.operator() !== undefined
  if (!merging) {
    const reason = `The nsc store of ${operator.name} was imported.`
    const usual = operator.strict
      ? operator.signingKeys
      : [...operator.signingKeys, operator.publicKey]
    const signer = await signerFor(usual, {
      action: 'account-create',
      subjects: [`account ${REGISTRY_NAME}`],
      reason,
    })
    const sign = (name: string, publicKey: string, claims: AccountClaims) =>
      signAccount({ name, publicKey }, claims, signer, at).jwt
    if (made.registryIdentity !== null && made.registrySigning !== null) {
      const claims = {
        ...newAccountClaims(made.registrySigning),
        ...registryWiring(dialectOf(dialect), []),
      }
      rows.push({
        kind: 'registry',
        name: REGISTRY_NAME,
        publicKey: made.registryIdentity,
        jwt: sign(REGISTRY_NAME, made.registryIdentity, claims),
        signingKeys: [made.registrySigning],
        tenants: [],
      })
    }
    if (made.systemIdentity !== null && made.systemSigning !== null) {
      rows.push({
        kind: 'system',
        name: SYSTEM_NAME,
        publicKey: made.systemIdentity,
        jwt: sign(SYSTEM_NAME, made.systemIdentity, newAccountClaims(made.systemSigning)),
        signingKeys: [made.systemSigning],
        tenants: [],
      })
      const identity = await signerFor([operator.publicKey], {
        action: 'operator-change',
        subjects: [`operator ${operator.name}`],
        reason: 'The operator had no system account.',
      })
      operatorJwt = withSystemAccount(plan, made.systemIdentity, identity, at)
    } else if (made.systemSigning !== null) {
      addSystemKey(plan, rows, made.systemSigning, sign)
    }
  }
  const holders = [operator, ...rows]
  const held = await heldKeys(keys, [
    ...holders.flatMap(({ publicKey, signingKeys }) => [publicKey, ...signingKeys]),
    ...plan.accounts.flatMap(({ roles }) => roles.map(({ key }) => key)),
  ])
  return {
    failed: (error) => signers.forEach((signer) => signer.failed(error)),
    write: () => {
      const counts = writeRows(parts, plan, { dialect, operatorJwt, rows, held }, at)
      for (const signer of signers) signer.done()
      return counts
    },
  }
}

/** Those of some keys that the keychain holds. */
async function heldKeys(
  keys: KeyVault,
  publicKeys: readonly string[],
): Promise<ReadonlySet<string>> {
  const held = new Set<string>()
  for (const publicKey of publicKeys) if (await keys.has(publicKey)) held.add(publicKey)
  return held
}

interface PreparedRows {
  readonly dialect: DialectName
  readonly operatorJwt: string
  readonly rows: readonly AccountPlan[]
  /** Keys that the keychain holds; the others are recorded as being elsewhere. */
  readonly held: ReadonlySet<string>
}

interface AccountPlan {
  readonly kind: AccountKind
  readonly name: string
  readonly publicKey: string
  readonly jwt: string
  readonly signingKeys: readonly string[]
  readonly tenants: readonly string[]
}

function rowOf({ account, becomes, tenants }: PlannedAccount): AccountPlan[] {
  if (becomes === 'nothing') return []
  const { name, publicKey, jwt, signingKeys } = account
  return [{ kind: becomes, name, publicKey, jwt, signingKeys, tenants }]
}

function withSystemAccount(
  plan: ImportPlan,
  systemAccount: string,
  signer: AuditedSigner,
  at: Date,
): string {
  const { name, publicKey, claims } = plan.operator
  return encodeJwt(
    {
      name,
      subject: publicKey,
      type: 'operator',
      nats: { ...claims.nats, system_account: systemAccount },
      issuedAt: Math.floor(at.getTime() / 1000),
    },
    signer,
  )
}

function addSystemKey(
  plan: ImportPlan,
  rows: AccountPlan[],
  signingKey: string,
  sign: (name: string, publicKey: string, claims: AccountClaims) => string,
): void {
  const index = rows.findIndex(({ kind }) => kind === 'system')
  const row = rows[index]
  const account = plan.accounts.find(({ becomes }) => becomes === 'system')?.account
  if (row === undefined || account === undefined) throw systemLost()
  const claims = account.claims.nats as unknown as AccountClaims
  const signingKeys = [...(claims.signing_keys ?? []), signingKey]
  rows[index] = {
    ...row,
    jwt: sign(row.name, row.publicKey, { ...claims, signing_keys: signingKeys }),
    signingKeys: [...row.signingKeys, signingKey],
  }
}

/**
 * Records scoped keys under the role whose template comes to the same, else under one of their own. One whose seed is
 * elsewhere is not recorded, since credentials of its role would then be signed by nobody; a later import may bring it.
 * @returns the roles by the public keys that stand for them
 */
function writeRoles(
  { roles }: RecordParts,
  plan: ImportPlan,
  held: ReadonlySet<string>,
  at: Date,
): ReadonlyMap<string, Role> {
  const known: Role[] = [...TENANT_ROLES, ...roles.custom()]
  const byKey = new Map<string, Role>()
  for (const { account, becomes, roles: planned } of plan.accounts) {
    for (const { key, name, template, tenant } of planned) {
      const usable: readonly Role[] = becomes === 'registry' ? ['registry'] : known
      const same = sameRole(template, name, (role) => roles.template(role), usable)
      // A role of its own is for a tenant's users; in REGISTRY there is nobody else than the registry.
      if (same === undefined && tenant === null) continue
      const role = same ?? importedName(name, key, new Set(known))
      if (same === undefined && isCustomRole(role)) {
        roles.addCustom(role, template, at)
        known.push(role)
      }
      byKey.set(key, role)
      if (!held.has(key)) continue
      roles.addKey({ publicKey: key, role, account: account.publicKey, tenant, createdAt: at })
    }
  }
  return byKey
}

function writeRows(
  parts: RecordParts,
  plan: ImportPlan,
  { dialect, operatorJwt, rows, held }: PreparedRows,
  at: Date,
): ImportCounts {
  const { store, ledger } = parts
  const { operator } = plan
  const { publicKey, name, signingKeys } = operator
  const addKey = (key: string, holder: string, purpose: 'identity' | 'signing') => {
    if (!store.knowsKey(key)) store.addKey(key, holder, purpose, at)
    // One that the store lacked is elsewhere, as one in a recovery kit is; a later import may bring it.
    store.setKeyOffline(key, held.has(key) ? null : at)
  }
  if (store.operator() === undefined) {
    store.addOperator({ publicKey, name, dialect, jwt: operatorJwt }, at)
  }
  addKey(publicKey, publicKey, 'identity')
  for (const key of signingKeys) addKey(key, publicKey, 'signing')
  let tenants = 0
  let accounts = 0
  for (const row of rows) {
    if (store.account(row.publicKey) === undefined) {
      store.addAccount(
        { publicKey: row.publicKey, kind: row.kind, name: row.name, jwt: row.jwt },
        at,
      )
      accounts += 1
    }
    addKey(row.publicKey, row.publicKey, 'identity')
    for (const key of row.signingKeys) addKey(key, row.publicKey, 'signing')
    for (const tenant of row.tenants) {
      if (store.tenant(tenant) !== undefined) continue
      store.addTenant(tenant, row.publicKey, row.kind === 'shared' ? 'shared' : 'account', at)
      tenants += 1
    }
  }
  const roles = writeRoles(parts, plan, held, at)
  const entries = plan.users.flatMap((user) => entryOf(user, roles, ledger, at))
  ledger.add(entries)
  return { tenants, accounts, credentials: entries.length }
}

/** The ledger's row of a user; none where it is there already. */
function entryOf(
  { user, role, tenant, deviceId }: PlannedUser,
  roles: ReadonlyMap<string, Role>,
  ledger: Ledger,
  at: Date,
): LedgerEntry[] {
  const { claims, publicKey } = user
  const issuedAt = new Date(claims.iat * 1000)
  const known = ledger
    .entriesOfKey(publicKey)
    .some(
      (entry) => entry.issuedAt.getTime() === issuedAt.getTime() && entry.account === user.account,
    )
  if (known) return []
  const { exp = 0 } = claims
  return [
    {
      id: randomUUID(),
      publicKey,
      account: user.account,
      tenant,
      role: roles.get(claims.iss) ?? role,
      name: user.name === '' ? publicKey : user.name,
      deviceId,
      permissions: user.permissions,
      signingKey: claims.iss,
      issuedAt,
      expiresAt: exp > 0 ? new Date(Math.min(exp * 1000, NEVER_EXPIRES.getTime())) : NEVER_EXPIRES,
      pendingUntil: null,
      connectedAt: null,
      delivery: 'file',
      state: user.revoked ? 'revoked' : 'active',
      revokedAt: user.revoked ? at : null,
      reason: user.revoked ? 'It was revoked before the import.' : null,
    },
  ]
}

function systemLost(): InternalError {
  return new InternalError({
    code: 'NSC_SYSTEM_ACCOUNT',
    message: 'The system account that was planned is not in the plan.',
    advice: 'Report this.',
  })
}
