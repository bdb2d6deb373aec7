import type { DecodedJwt } from '../authority/jwt.ts'
import type { StoreItem } from './read-store-file.ts'
import {
  accountClaims,
  operatorClaims,
  userClaims,
  type ScopedKey,
  type StorePermissions,
} from './store-claims.ts'

type KeyItem = Extract<StoreItem, { kind: 'key' }>
type CredentialsItem = Extract<StoreItem, { kind: 'credentials' }>

/** A user as a store has it: its newest JWT. */
export interface StoreUser {
  readonly name: string
  readonly publicKey: string
  readonly path: string
  readonly claims: DecodedJwt
  /** Public key of its account. */
  readonly account: string
  /** Its own, or those of the scoped key that signed it. */
  readonly permissions: StorePermissions
  /** From its `.creds.json`, where there is one. */
  readonly deviceId: string | null
  readonly tenant: string | null
  /** Whether its account's identity key or one of its signing keys signed it. */
  readonly ours: boolean
  readonly revoked: boolean
}

export interface StoreAccount {
  readonly name: string
  readonly publicKey: string
  readonly path: string
  readonly jwt: string
  readonly claims: DecodedJwt
  /** Signing keys without a scope. */
  readonly signingKeys: readonly string[]
  readonly scoped: readonly ScopedKey[]
  readonly exports: readonly string[]
  readonly users: readonly StoreUser[]
}

export interface StoreOperator {
  readonly name: string
  readonly publicKey: string
  readonly path: string
  readonly jwt: string
  readonly claims: DecodedJwt
  readonly signingKeys: readonly string[]
  readonly systemAccount: string | null
  readonly strict: boolean
  /** Those that it signed. */
  readonly accounts: readonly StoreAccount[]
}

/** What lies in a store, put in relation. Holds JWTs and public keys, no seed. */
export interface StoreModel {
  readonly operators: readonly StoreOperator[]
  /** Accounts that no operator of the store signed. */
  readonly foreignAccounts: readonly StoreAccount[]
  /** Users whose account is not in the store. */
  readonly strayUsers: readonly StoreUser[]
  /** Key files by public key; of two for one key, the one that lies where it should. */
  readonly keys: ReadonlyMap<string, KeyItem>
}

/** Puts the content of files in relation. Where they hold several JWTs for one key, the newest counts. */
export function modelOf(items: readonly StoreItem[]): StoreModel {
  const newest = newestBySubject(items)
  const keys = new Map<string, KeyItem>()
  for (const item of items) {
    if (item.kind !== 'key') continue
    const known = keys.get(item.publicKey)
    if (known === undefined || known.namedFor !== known.publicKey) keys.set(item.publicKey, item)
  }
  const credentials = new Map<string, CredentialsItem>()
  for (const item of items) {
    if (item.kind !== 'credentials') continue
    // A `.creds.json` tells more than the `.creds` it was made from.
    if (item.deviceId !== null || !credentials.has(item.claims.sub))
      credentials.set(item.claims.sub, item)
  }
  const ofType = (type: string) => newest.filter(({ claims }) => claims.nats.type === type)
  const usersByAccount = Map.groupBy(ofType('user'), ({ claims }) => userClaims(claims).account)
  const accounts = ofType('account').map((item) =>
    accountOf(item, usersByAccount.get(item.claims.sub) ?? [], credentials),
  )
  const operators = ofType('operator').map(({ path, jwt, claims }) => {
    const { signingKeys, systemAccount, strict } = operatorClaims(claims)
    const signers = new Set([claims.sub, ...signingKeys])
    return {
      name: claims.name,
      publicKey: claims.sub,
      path,
      jwt,
      claims,
      signingKeys,
      systemAccount,
      strict,
      accounts: accounts.filter((account) => signers.has(account.claims.iss)),
    }
  })
  const adopted = new Set(operators.flatMap((operator) => operator.accounts))
  const known = new Set(accounts.map(({ publicKey }) => publicKey))
  return {
    operators,
    foreignAccounts: accounts.filter((account) => !adopted.has(account)),
    strayUsers: [...usersByAccount]
      .filter(([account]) => !known.has(account))
      .flatMap(([, users]) => users.map((user) => userOf(user, undefined, credentials))),
    keys,
  }
}

interface Signed {
  readonly path: string
  readonly jwt: string
  readonly claims: DecodedJwt
}

function newestBySubject(items: readonly StoreItem[]): Signed[] {
  const newest = new Map<string, Signed>()
  for (const item of items) {
    if (item.kind !== 'jwt' && item.kind !== 'credentials') continue
    const known = newest.get(item.claims.sub)
    const newer = known === undefined || known.claims.iat < item.claims.iat
    // Of the same one twice, that in the store is named, not its copy in a configuration.
    const closer = known?.jwt === item.jwt && item.kind === 'jwt' && item.path.endsWith('.jwt')
    if (newer || closer) newest.set(item.claims.sub, item)
  }
  return [...newest.values()]
}

function accountOf(
  { path, jwt, claims }: Signed,
  users: readonly Signed[],
  credentials: ReadonlyMap<string, CredentialsItem>,
): StoreAccount {
  const { plainKeys, scoped, exports, revocations } = accountClaims(claims)
  const signers = { publicKey: claims.sub, plainKeys, scoped, revocations }
  return {
    name: claims.name,
    publicKey: claims.sub,
    path,
    jwt,
    claims,
    signingKeys: plainKeys,
    scoped,
    exports,
    users: users.map((user) => userOf(user, signers, credentials)),
  }
}

interface AccountSigners {
  readonly publicKey: string
  readonly plainKeys: readonly string[]
  readonly scoped: readonly ScopedKey[]
  readonly revocations: Readonly<Record<string, number>>
}

function userOf(
  { path, claims }: Signed,
  signers: AccountSigners | undefined,
  credentials: ReadonlyMap<string, CredentialsItem>,
): StoreUser {
  const { account, permissions } = userClaims(claims)
  const scope = signers?.scoped.find(({ key }) => key === claims.iss)
  const file = credentials.get(claims.sub)
  const revokedAt = Math.max(signers?.revocations[claims.sub] ?? 0, signers?.revocations['*'] ?? 0)
  return {
    name: claims.name,
    publicKey: claims.sub,
    path,
    claims,
    account,
    permissions: scope?.permissions ?? permissions,
    deviceId: file?.deviceId ?? null,
    tenant: file?.tenant ?? null,
    ours:
      signers !== undefined &&
      (claims.iss === signers.publicKey ||
        signers.plainKeys.includes(claims.iss) ||
        scope !== undefined),
    revoked: revokedAt >= claims.iat,
  }
}
