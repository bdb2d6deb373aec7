import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import { z } from 'zod'
import { Problem } from '#shared/contract/common.ts'
import type { DialectName } from '#shared/protocol/dialect.ts'
import { InternalError } from '#shared/errors.ts'
import type { WantedSettings } from './account-claims.ts'

export type AccountKind = 'system' | 'registry' | 'shared' | 'tenant'
export type KeyPurpose = 'identity' | 'signing'
export type Isolation = 'account' | 'shared'
export type TenantState = 'pending' | 'ready' | 'error'

export interface OperatorRow {
  readonly publicKey: string
  readonly name: string
  readonly dialect: DialectName
  readonly jwt: string
}

export interface AccountRow {
  readonly publicKey: string
  readonly kind: AccountKind
  readonly name: string
  /** What the servers confirmed last; null until they did for the first time. */
  readonly jwt: string | null
}

/** A tenant as the authority keeps it. */
export interface TenantRecord {
  readonly name: string
  /** Public key (A…) of the account it lives in. */
  readonly account: string
  readonly isolation: Isolation
  readonly state: TenantState
  /** Why it is not ready; null while nothing went wrong. */
  readonly problem: Problem | null
  readonly createdAt: Date
  readonly readyAt: Date | null
  /** When the servers last confirmed a change of its account. */
  readonly changedAt: Date
  /** What its account shall begin with; null for nothing in particular. */
  readonly wanted: WantedSettings | null
  /** Since when it is being cleared; null where it is not. */
  readonly clearingAt: Date | null
}

/** A key of an operator or account, as far as the database knows it. */
export interface KeyRecord {
  readonly publicKey: string
  readonly purpose: KeyPurpose
  readonly createdAt: Date
  /** Since when only a recovery kit holds it. */
  readonly offlineAt: Date | null
  /** Since when it signs no more. */
  readonly retiredAt: Date | null
}

type Row = Record<string, SQLOutputValue>

const Key = z.object({
  public_key: z.string(),
  purpose: z.enum(['identity', 'signing']),
  created_at: z.int(),
  offline_at: z.int().nullable(),
  retired_at: z.int().nullable(),
})

const Dialect = z.enum(['device-connect', 'fabric'])
const Kind = z.enum(['system', 'registry', 'shared', 'tenant'])

/** The authority's tables but the ledger. Knows SQL, decides nothing; callers open transactions. */
export class AuthorityStore {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  operator(): OperatorRow | undefined {
    const row = this.#one('SELECT public_key, name, dialect, jwt FROM authority_operator')
    if (row === undefined) return undefined
    return {
      publicKey: text(row, 'public_key'),
      name: text(row, 'name'),
      dialect: Dialect.parse(row['dialect']),
      jwt: text(row, 'jwt'),
    }
  }

  addOperator(operator: OperatorRow, at: Date): void {
    this.#run(
      'INSERT INTO authority_operator (id, public_key, name, dialect, jwt, created_at) VALUES (1, ?, ?, ?, ?, ?)',
      [operator.publicKey, operator.name, operator.dialect, operator.jwt, at.getTime()],
    )
  }

  account(publicKey: string): AccountRow | undefined {
    return accountOf(this.#one(`${ACCOUNTS} WHERE public_key = ?`, [publicKey]))
  }

  /** The name of an account, without its JWT, which may have a megabyte. */
  accountName(publicKey: string): string | undefined {
    const row = this.#one('SELECT name FROM authority_accounts WHERE public_key = ?', [publicKey])
    return row === undefined ? undefined : text(row, 'name')
  }

  /**
   * The account of a kind: that of this name; of the kinds of which one serves all, which an imported
   * deployment may call otherwise, else the oldest.
   */
  accountNamed(kind: AccountKind, name: string): AccountRow | undefined {
    const only = kind === 'tenant' ? 'AND name = ?' : 'ORDER BY name = ? DESC, created_at LIMIT 1'
    return accountOf(this.#one(`${ACCOUNTS} WHERE kind = ? ${only}`, [kind, name]))
  }

  /** The account of the shared tenants: an imported one has a name of its own. */
  sharedAccount(): AccountRow | undefined {
    return accountOf(
      this.#one(`${ACCOUNTS} WHERE kind = 'shared' ORDER BY created_at, public_key LIMIT 1`),
    )
  }

  accounts(): AccountRow[] {
    return this.#all(`${ACCOUNTS} ORDER BY created_at, public_key`).flatMap(
      (row) => accountOf(row) ?? [],
    )
  }

  addAccount(account: AccountRow, at: Date): void {
    this.#run(
      'INSERT INTO authority_accounts (public_key, kind, name, jwt, created_at, changed_at) VALUES (?, ?, ?, ?, ?, ?)',
      [account.publicKey, account.kind, account.name, account.jwt, at.getTime(), at.getTime()],
    )
  }

  setAccountJwt(publicKey: string, jwt: string | null, at: Date): void {
    this.#run('UPDATE authority_accounts SET jwt = ?, changed_at = ? WHERE public_key = ?', [
      jwt,
      at.getTime(),
      publicKey,
    ])
  }

  addKey(publicKey: string, holder: string, purpose: KeyPurpose, at: Date): void {
    this.#run(
      'INSERT INTO authority_keys (public_key, holder, purpose, created_at) VALUES (?, ?, ?, ?)',
      [publicKey, holder, purpose, at.getTime()],
    )
  }

  /** Public keys of an operator or account for one purpose, the newest first, without retired ones. */
  keysOf(holder: string, purpose: KeyPurpose): string[] {
    return this.#all(
      'SELECT public_key FROM authority_keys WHERE holder = ? AND purpose = ? AND retired_at IS NULL ORDER BY created_at DESC, rowid DESC',
      [holder, purpose],
    ).map((row) => text(row, 'public_key'))
  }

  /** What is recorded of the keys of an operator or account, the newest first. */
  keyRecords(holder: string): KeyRecord[] {
    return this.#all(
      'SELECT public_key, purpose, created_at, offline_at, retired_at FROM authority_keys WHERE holder = ? ORDER BY created_at DESC, rowid DESC',
      [holder],
    ).map((row) => {
      const { public_key, purpose, created_at, offline_at, retired_at } = Key.parse(row)
      return {
        publicKey: public_key,
        purpose,
        createdAt: new Date(created_at),
        offlineAt: offline_at === null ? null : new Date(offline_at),
        retiredAt: retired_at === null ? null : new Date(retired_at),
      }
    })
  }

  /** Notes that a signing key is no longer one. */
  retireKey(publicKey: string, at: Date): void {
    this.#run('UPDATE authority_keys SET retired_at = ? WHERE public_key = ?', [
      at.getTime(),
      publicKey,
    ])
  }

  /** Forgets a key that nothing was built on. */
  removeKey(publicKey: string): void {
    this.#run('DELETE FROM authority_keys WHERE public_key = ?', [publicKey])
  }

  /** Notes since when a key is in a recovery kit only; null where the keychain holds it again. */
  setKeyOffline(publicKey: string, at: Date | null): void {
    this.#run('UPDATE authority_keys SET offline_at = ? WHERE public_key = ?', [
      at?.getTime() ?? null,
      publicKey,
    ])
  }

  setOperatorJwt(jwt: string): void {
    this.#run('UPDATE authority_operator SET jwt = ?', [jwt])
  }

  /** Whether a key is recorded, for whomever. */
  knowsKey(publicKey: string): boolean {
    return this.#one('SELECT 1 FROM authority_keys WHERE public_key = ?', [publicKey]) !== undefined
  }

  /** Forgets an account and which keys were its own. The keys themselves are the keychain's. */
  removeAccount(publicKey: string): void {
    this.#run('DELETE FROM authority_keys WHERE holder = ?', [publicKey])
    this.#run('DELETE FROM authority_accounts WHERE public_key = ?', [publicKey])
  }

  tenant(name: string): TenantRecord | undefined {
    return tenantOf(this.#one(`${TENANTS} WHERE t.name = ?`, [name]))
  }

  tenants(): TenantRecord[] {
    return this.#all(`${TENANTS} ORDER BY t.created_at, t.name`).flatMap(
      (row) => tenantOf(row) ?? [],
    )
  }

  addTenant(
    name: string,
    account: string,
    isolation: Isolation,
    at: Date,
    wanted: WantedSettings | null = null,
  ): void {
    this.#run(
      "INSERT INTO authority_tenants (name, account, isolation, state, created_at, wanted) VALUES (?, ?, ?, 'pending', ?, ?)",
      [name, account, isolation, at.getTime(), wanted === null ? null : JSON.stringify(wanted)],
    )
  }

  /** From now on nobody is issued a credential in it, and it is not taken up again. */
  setTenantClearing(name: string, at: Date): void {
    this.#run(
      "UPDATE authority_tenants SET state = 'pending', clearing_at = coalesce(clearing_at, ?) WHERE name = ?",
      [at.getTime(), name],
    )
  }

  /** Names of the tenants that live in an account. */
  tenantsOf(account: string): string[] {
    return this.#all('SELECT name FROM authority_tenants WHERE account = ?', [account]).map((row) =>
      text(row, 'name'),
    )
  }

  removeTenant(name: string): void {
    this.#run('DELETE FROM authority_tenants WHERE name = ?', [name])
  }

  setTenantReady(name: string, at: Date): void {
    this.#run(
      "UPDATE authority_tenants SET state = 'ready', problem = NULL, ready_at = ? WHERE name = ?",
      [at.getTime(), name],
    )
  }

  setTenantProblem(name: string, problem: Problem): void {
    this.#run("UPDATE authority_tenants SET state = 'error', problem = ? WHERE name = ?", [
      JSON.stringify(problem),
      name,
    ])
  }

  #one(sql: string, values: readonly (string | number)[] = []): Row | undefined {
    return this.#prepared(sql).get(...values)
  }

  #all(sql: string, values: readonly (string | number)[] = []): Row[] {
    return this.#prepared(sql).all(...values)
  }

  #run(sql: string, values: readonly (string | number | null)[]): void {
    this.#prepared(sql).run(...values)
  }

  /** Each statement is compiled once: a batch of tenants runs them by the thousand. */
  #prepared(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }
}

const TENANTS =
  'SELECT t.*, a.changed_at FROM authority_tenants t JOIN authority_accounts a ON a.public_key = t.account'
const ACCOUNTS = 'SELECT public_key, kind, name, jwt FROM authority_accounts'

function accountOf(row: Row | undefined): AccountRow | undefined {
  if (row === undefined) return undefined
  return {
    publicKey: text(row, 'public_key'),
    kind: Kind.parse(row['kind']),
    name: text(row, 'name'),
    jwt: row['jwt'] === null ? null : text(row, 'jwt'),
  }
}

const Tenant = z.object({
  isolation: z.enum(['account', 'shared']),
  state: z.enum(['pending', 'ready', 'error']),
  created_at: z.int(),
  ready_at: z.int().nullable(),
  changed_at: z.int(),
  clearing_at: z.int().nullable(),
  wanted: z.string().nullable(),
})

function tenantOf(row: Row | undefined): TenantRecord | undefined {
  if (row === undefined) return undefined
  const { isolation, state, created_at, ready_at, changed_at, clearing_at, wanted } =
    Tenant.parse(row)
  return {
    name: text(row, 'name'),
    account: text(row, 'account'),
    isolation,
    state,
    problem: row['problem'] === null ? null : Problem.parse(JSON.parse(text(row, 'problem'))),
    createdAt: new Date(created_at),
    readyAt: ready_at === null ? null : new Date(ready_at),
    changedAt: new Date(changed_at),
    // `addTenant` alone writes it.
    wanted: wanted === null ? null : (JSON.parse(wanted) as WantedSettings),
    clearingAt: clearing_at === null ? null : new Date(clearing_at),
  }
}

function text(row: Row, column: string): string {
  const value = row[column]
  if (typeof value === 'string') return value
  throw new InternalError({
    code: 'DATABASE_ROW',
    message: `The profile database holds something unexpected in the column ${column}.`,
    advice: 'Report this. A backup of the profile folder keeps everything as it is.',
  })
}
