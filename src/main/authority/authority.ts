import type { DatabaseSync } from 'node:sqlite'
import type { DialectName } from '#shared/protocol/dialect.ts'
import type { Logger } from '../log/logger.ts'
import { Procedures, type Procedure, type TakenUp } from '../steps/procedures.ts'
import type { JetStreamStorage, WantedSettings } from './account-claims.ts'
import { AccountChanges, requireOperator, type AuthorityParts } from './account-changes.ts'
import type { AccountPublisher, SignedAccount } from './account-publisher.ts'
import { AccountVersions } from './account-versions.ts'
import {
  AuthorityStore,
  type AccountRow,
  type Isolation,
  type OperatorRow,
  type TenantRecord,
} from './authority-store.ts'
import { AuthorityKeys } from './authority-keys.ts'
import type { Keychain } from './keychain.ts'
import type { KeyAudit } from './key-use.ts'
import { KeyVault } from './key-vault.ts'
import { Ledger, type LedgerEntry } from './ledger.ts'
import { operatorCreation, type OperatorCreation } from './operator-creation.ts'
import { OperatorMarker } from './operator-marker.ts'
import { NO_INSTALLER, type OperatorInstaller } from './operator-rotation.ts'
import { setUpOperator, type SetUpRequest } from './operator-setup.ts'
import {
  Revocations,
  type CarryOutOptions,
  type Revocation,
  type RevocationTarget,
} from './revocation.ts'
import {
  planRevocation,
  type OrderTarget,
  type RevocationOrder,
  type RevocationPlan,
} from './revocation-order.ts'
import { RoleStore } from './role-store.ts'
import { SerialQueue } from './serial-queue.ts'
import {
  endInternalCredentials,
  signStatement,
  type SignedStatement,
  type StatementUse,
} from './statements.ts'
import { TenantAccounts } from './tenant-accounts.ts'
import { createTenant, tenantProvisioning, type TenantProvisioning } from './tenant-provisioning.ts'
import { issueUsers, repeatUser, type IssuedUser, type UserRequest } from './user-issue.ts'
import { NEVER } from '#shared/never.ts'

/** Storage is left to the server's own limit: a reserved share would run out with the tenants. */
const DEFAULT_JET_STREAM: JetStreamStorage = { diskBytes: -1, memoryBytes: -1 }

export interface AuthorityOptions {
  /** With AUTHORITY_MIGRATIONS applied. */
  readonly database: DatabaseSync
  readonly keychain: Keychain
  readonly publisher: AccountPublisher
  readonly audit: KeyAudit
  readonly log: Logger
  readonly now?: () => Date
  /** Under which the keychain remembers that there is an operator; without it, it does not. */
  readonly profileFolder?: string
  /** Brings the operator's JWT to the servers when its keys change. */
  readonly installer?: OperatorInstaller
  /** Journal of what was begun; one of its own unless given. Closed with the authority. */
  readonly procedures?: Procedures
  /** JetStream storage of each tenant account. */
  readonly jetStream?: JetStreamStorage
}

/** The operator without anything secret. Keys are public ones. */
export interface OperatorSummary {
  readonly name: string
  readonly publicKey: string
  readonly signingKey: string
  readonly systemAccount: string
  readonly registryAccount: string
  readonly dialect: DialectName
}

/** What a nats-server needs to start with: `operator`, `system_account`, resolver. */
export interface Bootstrap {
  readonly operatorJwt: string
  readonly systemAccount: SignedAccount
  /** All other accounts that are confirmed; REGISTRY is the first. */
  readonly accounts: readonly SignedAccount[]
}

/**
 * The operator of this profile: creates accounts and tenants, issues and withdraws credentials. What
 * changes an account goes through one queue, so that no change is built on a state that another one
 * is about to replace.
 */
export class Authority {
  readonly ledger: Ledger
  readonly procedures: Procedures
  /** Accounts of tenants: groups of them, their limits, what crosses their borders. */
  readonly tenantAccounts: TenantAccounts
  /** Record and servers brought together, and accounts back to earlier versions. */
  readonly versions: AccountVersions
  /** Signing keys, roles and identities. */
  readonly keys: AuthorityKeys
  readonly #provisioning: Procedure<TenantProvisioning>
  readonly #creation: Procedure<OperatorCreation>
  readonly #marker: OperatorMarker
  readonly #parts: AuthorityParts
  readonly #changes: AccountChanges
  readonly #revocations: Revocations
  readonly #queue = new SerialQueue()
  readonly #closing = new AbortController()
  readonly #tenantListeners = new Set<(tenants: readonly TenantRecord[]) => void>()

  constructor(options: AuthorityOptions) {
    const { database, keychain, publisher, audit, log, now = () => new Date() } = options
    this.#parts = {
      database,
      store: new AuthorityStore(database),
      roles: new RoleStore(database),
      keys: new KeyVault(keychain, audit),
      publisher,
      log,
      now,
    }
    this.ledger = new Ledger(database, now)
    this.#changes = new AccountChanges(this.#parts)
    this.#revocations = new Revocations(this.#parts, this.#changes, this.ledger)
    const jetStream = options.jetStream ?? DEFAULT_JET_STREAM
    this.tenantAccounts = new TenantAccounts({
      parts: this.#parts,
      changes: this.#changes,
      ledger: this.ledger,
      jetStream,
      exclusively: (work) => this.exclusively(work),
      announce: () => this.#announceTenants(),
      until: (signal) => this.#until(signal),
    })
    this.versions = new AccountVersions({
      parts: this.#parts,
      changes: this.#changes,
      ledger: this.ledger,
      exclusively: (work) => this.exclusively(work),
      until: (signal) => this.#until(signal),
      announce: () => this.#announceTenants(),
    })
    this.procedures = options.procedures ?? new Procedures({ database, log, now })
    this.keys = new AuthorityKeys({
      parts: this.#parts,
      changes: this.#changes,
      ledger: this.ledger,
      procedures: this.procedures,
      installer: options.installer ?? NO_INSTALLER,
      exclusively: (work) => this.exclusively(work),
    })
    this.#marker = new OperatorMarker(keychain, options.profileFolder)
    this.#creation = this.procedures.register(operatorCreation(this.#parts))
    this.#provisioning = this.procedures.register(
      tenantProvisioning({
        parts: this.#parts,
        changes: this.#changes,
        jetStream,
        exclusively: (work) => this.exclusively(work),
      }),
    )
  }

  /** The operator; undefined before `setUp`. */
  operator(): OperatorSummary | undefined {
    const { store } = this.#parts
    const operator = store.operator()
    if (operator === undefined) return undefined
    const keyOf = (kind: AccountRow['kind']) =>
      store.accounts().find((account) => account.kind === kind)?.publicKey ?? ''
    return {
      name: operator.name,
      publicKey: operator.publicKey,
      signingKey: store.keysOf(operator.publicKey, 'signing')[0] ?? '',
      systemAccount: keyOf('system'),
      registryAccount: keyOf('registry'),
      dialect: operator.dialect,
    }
  }

  /**
   * Creates the operator with the accounts SYS and REGISTRY, or returns the one there is. Needs the
   * keychain, no server. Interrupted at any point it can be called again.
   * @throws RejectedError `OPERATOR_KEYS_MISSING`, `ACCOUNT_KEYS_MISSING`; ConflictError
   *   `DIALECT_FIXED`; what the keychain throws.
   */
  setUp(request: SetUpRequest): Promise<OperatorSummary> {
    return this.#queue.run(async () => {
      await setUpOperator(this.#parts, this.#creation, this.#marker, request)
      const { publicKey } = requireOperator(this.#parts.store)
      this.#parts.log.info('operator ready', { operator: publicKey })
      return this.operator() as OperatorSummary
    })
  }

  /**
   * What the servers must hold, as recorded: for their configuration. Needs no keychain.
   * @throws ConflictError `AUTHORITY_NOT_SET_UP`; RejectedError `ACCOUNT_FOREIGN_ISSUER` where the
   *   record was tampered with.
   */
  bootstrap(): Promise<Bootstrap> {
    return Promise.resolve().then(() => this.#bootstrap())
  }

  /**
   * Sends the servers everything as it is recorded. Due at each connect: they may hold what a crash left
   * half done, or have forgotten. Part of the queue, so that it can't undo a change under way.
   * @throws what `bootstrap` and the publisher throw.
   */
  republish(signal: AbortSignal = NEVER): Promise<void> {
    return this.#queue.run(async () => {
      const { accounts } = this.#bootstrap()
      // REGISTRY last, as it refers to all the others.
      await this.#parts.publisher.publish(accounts.toReversed(), this.#until(signal))
    })
  }

  /** All accounts, as they are recorded. */
  accounts(): readonly Pick<AccountRow, 'publicKey' | 'kind' | 'name'>[] {
    return this.#parts.store.accounts()
  }

  tenants(): readonly TenantRecord[] {
    return this.#parts.store.tenants()
  }

  /** Calls `listener` with the tenants now and after each change; returns how to stop that. */
  subscribeTenants(listener: (tenants: readonly TenantRecord[]) => void): () => void {
    this.#tenantListeners.add(listener)
    listener(this.tenants())
    return () => void this.#tenantListeners.delete(listener)
  }

  /** Whether the keychain holds what issuing in this tenant takes; false also while it is locked. */
  async canIssue(tenant: string): Promise<boolean> {
    const { store, keys } = this.#parts
    const record = store.tenant(tenant)
    if (record === undefined) return false
    try {
      const usual = store.keysOf(record.account, 'signing')
      // An imported account may have no signing key; then its identity signs.
      for (const publicKey of [...usual, ...store.keysOf(record.account, 'identity')]) {
        if (await keys.has(publicKey)) return true
      }
      return false
    } catch {
      return false
    }
  }

  /**
   * Creates a tenant, or returns the one there is, finishing it where that is due. Needs a mesh.
   * With isolation `shared` only permissions separate it from the other shared tenants, and their
   * clients can read each other's replies on `_INBOX.>`: say so where it is offered.
   * @throws see `createTenant` in tenant-provisioning.ts; the tenant then stays, with its problem.
   */
  async createTenant(
    name: string,
    options: { readonly isolation: Isolation; readonly wanted?: WantedSettings | null },
    signal: AbortSignal = NEVER,
  ): Promise<TenantRecord> {
    const until = this.#until(signal)
    const { isolation, wanted = null } = options
    try {
      return await createTenant(this.#parts, this.#provisioning, name, isolation, until, wanted)
    } finally {
      this.#announceTenants()
    }
  }

  /** Goes on with procedures that a crash left unfinished: see `Procedures.takeUp`. */
  async takeUp(available: 'keychain' | 'mesh', signal: AbortSignal = NEVER): Promise<TakenUp[]> {
    const operator = this.#parts.store.operator()
    if (operator !== undefined) await this.#mark(operator)
    const outcomes = await this.procedures.takeUp(available, this.#until(signal))
    if (outcomes.length > 0) this.#announceTenants()
    return outcomes
  }

  /**
   * Runs work while no other change of accounts is under way. For procedures that change accounts; calling
   * what queues itself (`createTenant`, `revoke`, …) within would wait for ever.
   */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#queue.run(work)
  }

  /** One user: see `issueUsers`. */
  async issueUser(request: UserRequest): Promise<IssuedUser> {
    const [user] = await this.issueUsers([request])
    return user as IssuedUser
  }

  /**
   * Issues users, all or none; their keys are read from the keychain once.
   * @throws see `issueUsers` in user-issue.ts.
   */
  issueUsers(requests: readonly UserRequest[]): Promise<IssuedUser[]> {
    const issue = () => issueUsers(this.#parts, this.#changes, this.ledger, requests)
    // A key that is only now created can't be in a revocation under way, and a connection of the app's own
    // must not wait for a push that may itself be waiting for that very connection.
    return requests.every(
      ({ publicKey, delivery }) => publicKey === undefined || delivery === 'internal',
    )
      ? issue()
      : this.#queue.run(issue)
  }

  /** The same credential once more, byte for byte: see `repeatUser`. */
  repeatUser(ledgerId: string, reason: string): Promise<IssuedUser> {
    return repeatUser(this.#parts, this.ledger, ledgerId, reason)
  }

  /** Revokes all credentials of a user key: see `Revocations.revoke`. */
  revoke(
    target: RevocationTarget,
    reason: string,
    signal: AbortSignal = NEVER,
  ): Promise<Revocation> {
    return this.#queue.run(() => this.#revocations.revoke(target, reason, this.#until(signal)))
  }

  /** What a revocation would do; changes nothing: see `planRevocation`. */
  planRevocation(target: OrderTarget, reason: string): RevocationPlan {
    return planRevocation(this.ledger, target, reason, this.#parts.now())
  }

  /** Carries out a planned revocation: see `Revocations.carryOut`. */
  carryOutRevocation(
    order: RevocationOrder,
    options: CarryOutOptions,
    signal: AbortSignal = NEVER,
  ): Promise<void> {
    return this.#queue.run(() => this.#revocations.carryOut(order, options, this.#until(signal)))
  }

  /** What people call an account; empty for one that is not recorded. */
  accountName(publicKey: string): string {
    return this.#parts.store.accountName(publicKey) ?? ''
  }

  /** How many entries an account's revocation list has now. */
  revocationEntries(account: string): number {
    const row = this.#parts.store.account(account)
    const entries = row === undefined ? undefined : this.#changes.claimsOf(row)?.revocations
    return Object.keys(entries ?? {}).length
  }

  /** Ends a credential that its user did not take: see `Revocations.strike`. */
  strike(
    ledgerId: string,
    reason: string,
    signal: AbortSignal = NEVER,
  ): Promise<{ revoked: boolean }> {
    return this.#queue.run(() => this.#revocations.strike(ledgerId, reason, this.#until(signal)))
  }

  /** Strikes several at once: see `Revocations.strikeAll`. */
  strikeAll(
    ledgerIds: readonly string[],
    reason: string,
    wasSeen: boolean,
    signal: AbortSignal = NEVER,
  ): Promise<void> {
    return this.#queue.run(() =>
      this.#revocations.strikeAll(ledgerIds, reason, wasSeen, this.#until(signal)),
    )
  }

  /** Signs a text that is no JWT by a signing key of the operator: see `signStatement`. */
  signStatement(text: string, use: StatementUse): Promise<SignedStatement> {
    return signStatement(this.#parts, text, use)
  }

  /** Public parts of the keys that may sign for the operator; none before `setUp`. */
  operatorKeys(): readonly string[] {
    const { store } = this.#parts
    const operator = store.operator()
    if (operator === undefined) return []
    return [operator.publicKey, ...store.keysOf(operator.publicKey, 'signing')]
  }

  /** Ends credentials of this app's own connections: see `endInternalCredentials`. */
  endInternal(ledgerIds: readonly string[], reason: string): void {
    endInternalCredentials(this.#parts, this.ledger, ledgerIds, reason)
  }

  /** Strikes every credential past its `pendingUntil`; returns them as they were. */
  sweepPending(signal: AbortSignal = NEVER): Promise<readonly LedgerEntry[]> {
    return this.#queue.run(() =>
      this.#revocations.sweep('It was not connected with in time.', this.#until(signal)),
    )
  }

  /**
   * Checks that one of the operator's keys signed this account JWT.
   * @throws RejectedError `ACCOUNT_FOREIGN_ISSUER`, `JWT_…`.
   */
  verifyIssuer(account: SignedAccount): void {
    this.#changes.verifyIssuer(account)
  }

  /** Cancels the change under way, which is then taken back, and waits for it. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.procedures.close()
    await this.#queue.idle()
  }

  #bootstrap(): Bootstrap {
    const { store } = this.#parts
    const operator = requireOperator(store)
    const signed = store.accounts().flatMap(({ kind, name, publicKey, jwt }) => {
      if (jwt === null) return []
      const account = { name, publicKey, jwt }
      this.#changes.verifyIssuer(account)
      return [{ kind, account }]
    })
    const of = (...kinds: readonly AccountRow['kind'][]) =>
      signed.filter(({ kind }) => kinds.includes(kind)).map(({ account }) => account)
    return {
      operatorJwt: operator.jwt,
      systemAccount: of('system')[0] as SignedAccount,
      accounts: [...of('registry'), ...of('shared', 'tenant')],
    }
  }

  /** A profile of an older Muster, or a restored one, has left no mark yet. */
  async #mark(operator: OperatorRow): Promise<void> {
    try {
      await this.#marker.leave(operator)
    } catch (error) {
      this.#parts.log.warn('the keychain could not be told which operator this profile has', {
        error,
      })
    }
  }

  #until(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#closing.signal])
  }

  /** Tells everybody who follows the tenants that they were changed in the database. */
  tenantsChanged(): void {
    this.#announceTenants()
  }

  #announceTenants(): void {
    const tenants = this.tenants()
    for (const listener of this.#tenantListeners) listener(tenants)
  }
}
