import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type {
  ConnectedNow,
  Credential,
  CredentialCounts,
  CredentialDetails,
  CredentialFilter,
  CredentialOrder,
  CredentialPage,
  CredentialsUpdate,
  Revocation,
  RevocationImpact,
  RevocationsUpdate,
  RevocationTarget,
} from '#shared/contract/credentials.ts'
import { toMusterError } from '#shared/errors.ts'
import type { Authority } from '../authority/authority.ts'
import {
  unknownCredential,
  type OrderTarget,
  type PlannedRevocation,
} from '../authority/revocation-order.ts'
import type { LedgerEntry } from '../authority/ledger.ts'
import type { Logger } from '../log/logger.ts'
import type { Procedure } from '../steps/procedures.ts'
import { CredentialStore } from './credential-store.ts'
import { NOTHING_SEEN } from './evidence.ts'
import { impactOf, type ImpactParts } from './impact.ts'
import { ListRotation, type ListRotationOptions } from './list-rotation.ts'
import type { ProbeParts } from './login-probe.ts'
import { RevocationBook } from './revocation-book.ts'
import {
  alreadyRevoked,
  alreadySent,
  calledOff,
  nothingIssued,
  tenantUnknown,
} from './revocation-errors.ts'
import { RevocationProcedure, type RevocationState } from './revocation-procedure.ts'
import { RevocationRecords } from './revocation-records.ts'
import { ServerView, type SystemConnection } from './server-view.ts'

/** The window hears of changes of the ledger at most so often. */
const TELL_EVERY_MS = 250
const NAMES_KEPT = 5
const FIRST_RETRY_MS = 5_000
const LAST_RETRY_MS = 5 * 60_000

export interface CredentialsOptions {
  /** With AUTHORITY_MIGRATIONS and CREDENTIAL_MIGRATIONS applied. */
  readonly database: DatabaseSync
  readonly authority: Authority
  /** Muster's connection to the system account. */
  readonly system: SystemConnection
  /** Logs in once on the mesh in use. */
  readonly login: Pick<ProbeParts, 'tryLogin'>
  readonly fleet: Pick<ImpactParts, 'record'>
  readonly notify: ListRotationOptions['notify']
  readonly log: Logger
  readonly now?: () => Date
  /** Entries of a revocation list from which on the signing key is rotated. */
  readonly rotateFrom?: number
}

/** The ledger as the window sees it, and the withdrawal of what stands in it. */
export class CredentialsService {
  readonly #authority: Authority
  readonly #store: CredentialStore
  readonly #records: RevocationRecords
  readonly #book: RevocationBook
  readonly #view: ServerView
  readonly #rotation: ListRotation
  readonly #impact: ImpactParts
  readonly #revoking: RevocationProcedure
  readonly #procedure: Procedure<RevocationState>
  readonly #log: Logger
  readonly #now: () => Date
  readonly #closing = new AbortController()
  readonly #running = new Map<
    string,
    { readonly stop: AbortController; readonly ended: Promise<void> }
  >()
  readonly #retries = new Map<string, NodeJS.Timeout>()
  readonly #listeners = new Set<(update: CredentialsUpdate) => void>()
  readonly #unsubscribe: () => void
  #revision = 0
  #telling: NodeJS.Timeout | undefined

  constructor(options: CredentialsOptions) {
    const { database, authority, system, login, fleet, log, now = () => new Date() } = options
    this.#authority = authority
    this.#log = log.part('credentials')
    this.#now = now
    this.#store = new CredentialStore(database, authority.ledger, now)
    this.#records = new RevocationRecords(database)
    this.#book = new RevocationBook(this.#records, this.#log)
    this.#view = new ServerView({ system, now })
    this.#rotation = new ListRotation({ ...options, log: this.#log })
    const tenantsOf = (account: string) =>
      authority
        .tenants()
        .filter((tenant) => tenant.account === account && tenant.state === 'ready')
        .map(({ name }) => name)
    this.#impact = {
      store: this.#store,
      view: this.#view,
      now,
      record: (address, signal) => fleet.record(address, signal),
      accountName: (account) => authority.accountName(account),
      tenantsOf,
      entries: (account) => authority.revocationEntries(account),
    }
    this.#revoking = new RevocationProcedure({
      book: this.#book,
      view: this.#view,
      system,
      probes: {
        issueUser: (request) => authority.issueUser(request),
        tryLogin: (credentials, signal) => login.tryLogin(credentials, signal),
      },
      log: this.#log,
      now,
      carryOut: (order, carryOut, signal) => authority.carryOutRevocation(order, carryOut, signal),
      hasIssued: (account, publicKey, issuer) =>
        authority.ledger
          .entriesOfKey(publicKey)
          .some((entry) => entry.account === account && entry.signingKey === issuer),
      republish: (signal) => authority.republish(signal),
      tenantOf: (account) => tenantsOf(account)[0],
    })
    this.#procedure = authority.procedures.register(this.#revoking.kind)
    this.#unsubscribe = authority.ledger.subscribe(() => this.#tellSoon())
  }

  page(
    filter: CredentialFilter,
    order: CredentialOrder,
    offset: number,
    limit: number,
  ): CredentialPage {
    const { rows, total } = this.#store.page(filter, order, offset, limit)
    const underWay = this.#records.underWay()
    return { rows: rows.map((row) => withRevoking(row, underWay)), total }
  }

  counts(filter: CredentialFilter): CredentialCounts {
    return this.#store.counts(filter)
  }

  ids(filter: CredentialFilter): string[] {
    return this.#store.ids(filter)
  }

  /** @throws RejectedError `CREDENTIAL_UNKNOWN` */
  details(id: string): CredentialDetails {
    const entry = this.#entry(id)
    const underWay = this.#records.underWay()
    const credential = this.#store.credential(id)
    if (credential === undefined) throw unknownCredential()
    return {
      credential: withRevoking(credential, underWay),
      permissions: permissionsOf(entry),
      signingKey: entry.signingKey,
      history: this.#store.history(entry).map((row) => withRevoking(row, underWay)),
      revocations: this.#records.ofCredential(entry).map((view) => this.#book.current(view)),
    }
  }

  /**
   * Clients that authenticated with this credential's key.
   * @throws RejectedError `CREDENTIAL_UNKNOWN`; TransientError `MESH_NOT_CONNECTED`, `MESH_NO_ANSWER`
   */
  connections(id: string, signal: AbortSignal): Promise<ConnectedNow> {
    const { account, publicKey } = this.#entry(id)
    return this.#view.connections(account, (key) => key === publicKey, signal)
  }

  /** What revoking would take down. @throws what `plan` throws */
  impact(target: RevocationTarget, signal: AbortSignal): Promise<RevocationImpact> {
    const plan = this.#authority.planRevocation(this.#targetOf(target), '')
    const first = plan.revocations[0]?.entries[0]
    const confirm =
      target.type === 'account'
        ? target.tenant
        : target.ids.length === 1 && first !== undefined
          ? first.name
          : `${target.ids.length} credentials`
    return impactOf(this.#impact, plan, confirm, signal)
  }

  /**
   * Begins to revoke; one revocation for each account.
   * @throws RejectedError `CREDENTIAL_UNKNOWN`, `CREDENTIAL_OF_SYSTEM`, `TENANT_UNKNOWN`,
   *   `NOTHING_ISSUED`; ConflictError `CREDENTIAL_REVOKED`; TransientError `DISK_FULL`. Nothing was begun then.
   */
  revoke(target: RevocationTarget, reason: string): Revocation[] {
    const { revocations } = this.#authority.planRevocation(this.#targetOf(target), reason)
    if (revocations.length === 0) throw alreadyRevoked()
    const views = revocations.map((planned) => this.#viewOf(planned, target))
    for (const [index, view] of views.entries()) {
      const planned = revocations[index]
      if (planned === undefined) continue
      this.#book.open(
        view,
        planned.order,
        planned.entries.map(({ id }) => id),
      )
      void this.#run(view.id)
    }
    this.#tellSoon()
    return views.map(({ id }) => this.#book.view(id))
  }

  /** Calls off what has not been sent. @throws RejectedError `REVOCATION_SENT`, `REVOCATION_UNKNOWN` */
  async cancel(id: string): Promise<Revocation> {
    const view = this.#book.view(id)
    if (!view.canCancel) throw alreadySent()
    this.#stopRetry(id)
    const running = this.#running.get(id)
    running?.stop.abort(calledOff())
    await running?.ended
    if (this.#book.view(id).canCancel) await this.#callOff(id)
    return this.#book.view(id)
  }

  /** Tries at once what waits. @throws RejectedError `REVOCATION_UNKNOWN` */
  retry(id: string): Revocation {
    if (this.#book.view(id).state === 'waiting') void this.#run(id)
    return this.#book.view(id)
  }

  /** Takes up what was written down and not begun; what was begun the journal takes up. At app start. */
  resume(): void {
    for (const { id, state, revokedAt } of this.#records.latest()) {
      if (state !== 'waiting' || revokedAt !== null) continue
      if (this.#procedure.unfinished(subjectOf(id)) === undefined) void this.#run(id)
    }
  }

  /** Tells that the ledger changed, a few times a second at most. */
  readonly subscribe = (listener: (update: CredentialsUpdate) => void): (() => void) => {
    this.#listeners.add(listener)
    listener({ type: 'snapshot', revision: this.#revision })
    return () => void this.#listeners.delete(listener)
  }

  subscribeRevocations(listener: (update: RevocationsUpdate) => void): () => void {
    return this.#book.subscribe(listener)
  }

  /** Stops between two steps what runs; it is taken up at the next start. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#unsubscribe()
    clearTimeout(this.#telling)
    for (const id of this.#retries.keys()) this.#stopRetry(id)
    this.#revoking.close()
    await Promise.resolve()
  }

  async #run(id: string, attempt = 0): Promise<void> {
    if (this.#running.has(id) || this.#closing.signal.aborted) return
    this.#stopRetry(id)
    const stop = new AbortController()
    const ended = this.#carryOut(id, attempt, stop.signal)
    this.#running.set(id, { stop, ended })
    try {
      await ended
    } catch (error) {
      // What it left unfinished stands in the journal.
      this.#log.error('a revocation broke off', { revocation: id, error })
    } finally {
      this.#running.delete(id)
      this.#tellSoon()
    }
  }

  async #carryOut(id: string, attempt: number, stopped: AbortSignal): Promise<void> {
    const { scope, accountName, credentialCount } = this.#book.view(id)
    const what = scope === 'account' ? 'everything' : `${credentialCount} credentials`
    const state = { id, title: `Revoke ${what} of ${accountName}` }
    const signal = AbortSignal.any([stopped, this.#closing.signal])
    try {
      await this.#procedure.startOrResume(state, signal)
      void this.#rotation.consider(this.#book.view(id).account, this.#closing.signal)
    } catch (thrown) {
      await this.#failed(id, attempt, stopped.aborted, toMusterError(thrown))
    }
  }

  /** What only has to wait is tried again; what the person has to mend first is taken back. */
  async #failed(
    id: string,
    attempt: number,
    cancelled: boolean,
    error: ReturnType<typeof toMusterError>,
  ): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#log.warn('a revocation did not come through', { revocation: id, error })
    if (cancelled) await this.#callOff(id)
    else if (error.kind === 'transient') this.#retryLater(id, attempt)
    else await this.#takeBack(id)
  }

  /** Taken back without anything having gone wrong. */
  async #callOff(id: string): Promise<void> {
    this.#book.change(id, { problem: null })
    await this.#takeBack(id)
  }

  async #takeBack(id: string): Promise<void> {
    const unfinished = this.#procedure.unfinished(subjectOf(id))
    if (unfinished === undefined) return
    try {
      await this.#authority.procedures.rollBack(unfinished.id, this.#closing.signal)
    } catch (error) {
      this.#log.warn('a revocation could not be taken back yet', { revocation: id, error })
      if (!this.#closing.signal.aborted) this.#retryLater(id, 0)
    }
  }

  #retryLater(id: string, attempt: number): void {
    const timer = setTimeout(
      () => void this.#run(id, attempt + 1),
      Math.min(FIRST_RETRY_MS * 2 ** attempt, LAST_RETRY_MS),
    )
    timer.unref()
    this.#stopRetry(id)
    this.#retries.set(id, timer)
  }

  #stopRetry(id: string): void {
    clearTimeout(this.#retries.get(id))
    this.#retries.delete(id)
  }

  #viewOf({ order, entries }: PlannedRevocation, target: RevocationTarget): Revocation {
    const { account, upTo, reason } = order
    const count =
      upTo === null
        ? entries.length
        : this.#store.accountCounts(account, new Date(upTo * 1000)).credentials
    if (count === 0 && target.type === 'account') throw nothingIssued(target.tenant)
    return {
      id: randomUUID(),
      account,
      accountName: this.#authority.accountName(account),
      scope: upTo === null ? 'credentials' : 'account',
      issuedUpTo: upTo === null ? null : new Date(upTo * 1000).toISOString(),
      reason,
      credentialCount: count,
      names: [...new Set(entries.map(({ name }) => name))].slice(0, NAMES_KEPT),
      state: 'running',
      canCancel: true,
      steps: (['look', 'push', 'prove'] as const).map((name) => ({
        name,
        state: 'waiting',
        durationMs: null,
      })),
      problem: null,
      begunAt: this.#now().toISOString(),
      revokedAt: null,
      endedAt: null,
      evidence: NOTHING_SEEN,
    }
  }

  #targetOf(target: RevocationTarget): OrderTarget {
    if (target.type === 'credentials') return { ledgerIds: target.ids }
    const tenant = this.#authority.tenants().find(({ name }) => name === target.tenant)
    if (tenant === undefined) throw tenantUnknown(target.tenant)
    return { account: tenant.account, issuedUpTo: new Date(target.issuedUpTo) }
  }

  #entry(id: string): LedgerEntry {
    const entry = this.#authority.ledger.entry(id)
    if (entry === undefined) throw unknownCredential()
    return entry
  }

  #tellSoon(): void {
    if (this.#telling !== undefined || this.#closing.signal.aborted) return
    this.#telling = setTimeout(() => {
      this.#telling = undefined
      this.#revision += 1
      for (const listener of this.#listeners)
        listener({ type: 'changed', revision: this.#revision })
    }, TELL_EVERY_MS)
    this.#telling.unref()
  }
}

function subjectOf(id: string): string {
  return `revocation:${id}`
}

function withRevoking(
  row: Credential,
  underWay: ReturnType<RevocationRecords['underWay']>,
): Credential {
  if (row.revokedAt !== null) return row
  const upTo = underWay.accounts.get(row.account)
  const byTime = upTo !== undefined && Date.parse(row.issuedAt) <= upTo * 1000
  return byTime || underWay.credentials.has(row.id) ? { ...row, state: 'revoking' } : row
}

const NANOSECONDS_PER_MS = 1_000_000

function permissionsOf({ permissions }: LedgerEntry): CredentialDetails['permissions'] {
  const { pub, sub, resp } = permissions
  return {
    publish: [...pub.allow],
    subscribe: [...sub.allow],
    answer: resp === undefined ? null : { max: resp.max, withinMs: resp.ttl / NANOSECONDS_PER_MS },
    byRole: false,
  }
}
