import type {
  SettingsSource,
  Tenant,
  TenantDetail,
  TenantLimits,
  TenantSettings,
  TenantTemplate,
} from '#shared/contract/tenants.ts'
import type { WantedSettings } from '../authority/account-claims.ts'
import { limitsOf, withLimits } from '../authority/account-limits.ts'
import type { Authority } from '../authority/authority.ts'
import type { Isolation, TenantRecord } from '../authority/authority-store.ts'
import type { Logger } from '../log/logger.ts'
import type { AccountInspector } from './account-inspector.ts'
import {
  settingsFrom,
  settingsOfAccount,
  wantedOf,
  type TenantTemplates,
} from './tenant-settings.ts'
import { notOurs, settingsOfShared, tenantExists, tenantUnknown } from './tenant-errors.ts'
import { countStates, foreignTenant, tenantOf } from './tenant-summary.ts'

const FIRST_RETRY_DELAY_MS = 1_000
const LONGEST_RETRY_DELAY_MS = 60_000
/** Credentials come and go by the hundred; who watches hears of them together. */
const LEDGER_PAUSE_MS = 250

/** What tenants need of the authority. */
export type TenantAuthority = Pick<
  Authority,
  'tenants' | 'subscribeTenants' | 'createTenant' | 'tenantAccounts' | 'ledger'
>

export interface TenantServiceOptions {
  readonly authority: TenantAuthority
  readonly log: Logger
  /** Milliseconds before the first repetition; doubled each time, up to a minute. */
  readonly firstRetryDelayMs?: number
  /** Tenants that something else is going to finish: an unfinished batch. */
  readonly held?: () => ReadonlySet<string>
  readonly inspector?: Pick<AccountInspector, 'usage'>
  readonly templates?: TenantTemplates
}

export interface TenantsUpdate {
  type: 'snapshot'
  tenants: Tenant[]
}

/**
 * The tenants of the mesh in use: our own ones with their state, or those that a remote mesh let us
 * see. Own ones that are not ready are tried again with backoff, and whenever the mesh connects.
 */
export class TenantService {
  readonly #authority: TenantAuthority
  readonly #options: TenantServiceOptions
  readonly #log: Logger
  readonly #firstDelayMs: number
  readonly #listeners = new Set<(update: TenantsUpdate) => void>()
  readonly #closing = new AbortController()
  readonly #unsubscribe: (() => void)[]
  readonly #running = new Set<Promise<unknown>>()
  #foreign: readonly string[] | undefined
  #timer: NodeJS.Timeout | undefined
  #ledgerTimer: NodeJS.Timeout | undefined
  #delayMs: number

  constructor(options: TenantServiceOptions) {
    this.#authority = options.authority
    this.#options = options
    this.#log = options.log
    this.#firstDelayMs = options.firstRetryDelayMs ?? FIRST_RETRY_DELAY_MS
    this.#delayMs = this.#firstDelayMs
    this.#unsubscribe = [
      this.#authority.subscribeTenants(() => this.#announce()),
      this.#authority.ledger.subscribe(() => this.#announceSoon()),
    ]
  }

  list(): Tenant[] {
    if (this.#foreign !== undefined) return this.#foreign.map(foreignTenant)
    const book = this.#authority.tenantAccounts.book()
    const usable = this.#authority.ledger.usableByTenant()
    return this.#authority.tenants().map((record) => {
      const limits = book.claimsOf(record.account)?.limits
      return tenantOf(record, usable.get(record.name) ?? 0, limits && limitsOf(limits))
    })
  }

  /** Calls `listener` with the tenants now and after each change; returns how to stop that. */
  subscribe(listener: (update: TenantsUpdate) => void): () => void {
    this.#listeners.add(listener)
    listener({ type: 'snapshot', tenants: this.list() })
    return () => void this.#listeners.delete(listener)
  }

  /**
   * Creates a tenant with an account of its own, or finishes one that is not ready.
   * @throws ConflictError `TENANT_EXISTS`; RejectedError `TENANTS_NOT_OURS`; what the authority
   *   throws, and then the tenant stays with its problem, to be tried again.
   */
  async create(name: string): Promise<Tenant> {
    if (this.#foreign !== undefined) throw notOurs()
    const existing = this.#record(name)
    if (existing?.state === 'ready') throw tenantExists(name)
    return this.#finishNow(name, existing?.isolation ?? 'account', undefined)
  }

  /**
   * Creates a tenant in either mode with settings of its own.
   * @throws as `create`; ConflictError `TENANT_EXISTS` also where it is not ready.
   */
  async createWith(order: {
    readonly name: string
    readonly isolation: Isolation
    readonly settings: SettingsSource
  }): Promise<Tenant> {
    if (this.#foreign !== undefined) throw notOurs()
    const { name, isolation } = order
    if (this.#record(name) !== undefined) throw tenantExists(name)
    const isShared = (tenant: TenantRecord) => tenant.isolation === 'shared'
    if (isolation === 'shared' && order.settings.from !== 'default') {
      if (this.#authority.tenants().some(isShared)) throw settingsOfShared()
    }
    return this.#finishNow(name, isolation, this.settingsFrom(order.settings))
  }

  /** Tries one that is not ready at once. @throws RejectedError `TENANT_UNKNOWN`; as `create`. */
  async retry(name: string): Promise<Tenant> {
    const record = this.#requireOwn(name)
    if (record.state === 'ready') return this.#tenant(name)
    return this.#finishNow(name, record.isolation, undefined)
  }

  /** What the panel shows beyond the list. @throws RejectedError `TENANT_UNKNOWN`. */
  async detail(name: string, signal: AbortSignal): Promise<TenantDetail> {
    const record = this.#requireOwn(name)
    const { tenantAccounts, ledger } = this.#authority
    const book = tenantAccounts.book()
    const confirmed = book.claimsOf(record.account) !== undefined && record.clearingAt === null
    const usage = confirmed ? await this.#options.inspector?.usage(record.account, signal) : null
    return {
      sharedWith: book.tenantsIn(record.account).filter((other) => other !== name),
      credentials: countStates(ledger.entriesOfTenant(name), new Date()),
      usage: usage ?? null,
      ...(confirmed ? tenantAccounts.sizeOf(name) : { jwtBytes: 0, maxPayloadBytes: 0 }),
    }
  }

  /** @throws what `AccountChanges.apply` throws; RejectedError `TENANT_UNKNOWN`. */
  async setLimits(name: string, limits: TenantLimits, signal: AbortSignal): Promise<Tenant> {
    this.#requireOwn(name)
    await this.#authority.tenantAccounts.edit(
      `The limits of ${name} are set.`,
      (book) => {
        const { publicKey } = book.accountOf(name)
        const claims = book.claimsOf(publicKey)
        if (claims === undefined) return new Map()
        return new Map([[publicKey, { ...claims, limits: withLimits(claims.limits, limits) }]])
      },
      signal,
    )
    return this.#tenant(name)
  }

  /** A tenant's settings as a template has them. @throws RejectedError `TENANT_UNKNOWN`; TransientError `TENANT_NOT_READY`. */
  settings(name: string): TenantSettings {
    this.#requireOwn(name)
    const book = this.#authority.tenantAccounts.book()
    const claims = book.claimsOf(book.accountOf(name).publicKey)
    if (claims === undefined) throw tenantUnknown(name)
    return settingsOfAccount(claims, name)
  }

  /** Settings that a source names; undefined for none in particular. */
  settingsFrom(source: SettingsSource): TenantSettings | undefined {
    const { templates } = this.#options
    if (templates === undefined) return undefined
    return settingsFrom(source, templates, (tenant) => this.settings(tenant))
  }

  templates(): TenantTemplate[] {
    return this.#options.templates?.list() ?? []
  }

  saveTemplate(name: string, settings: TenantSettings): TenantTemplate[] {
    return this.#options.templates?.save(name, settings) ?? []
  }

  removeTemplate(name: string): TenantTemplate[] {
    return this.#options.templates?.remove(name) ?? []
  }

  /** Tries those that are not ready at once: the mesh calls it when it has connected. */
  retryPending(): void {
    this.#delayMs = this.#firstDelayMs
    this.#retry(this.#unfinished())
    const { signal } = this.#closing
    this.#authority.tenantAccounts.refreshWiring(signal).catch((error: unknown) => {
      if (!signal.aborted) this.#log.warn('the wiring of tenants stays as it was', { error })
    })
  }

  /** Shows the tenants of this profile's own mesh, as from the start. */
  followOwn(): void {
    this.#foreign = undefined
    this.#announce()
  }

  /** Shows the tenants of a remote mesh, whose accounts are not ours. */
  followForeign(names: readonly string[]): void {
    this.#foreign = [...names]
    clearTimeout(this.#timer)
    this.#announce()
  }

  /** Stops trying, and waits for what is under way. */
  async close(): Promise<void> {
    this.#closing.abort()
    clearTimeout(this.#timer)
    clearTimeout(this.#ledgerTimer)
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#listeners.clear()
    await Promise.allSettled(this.#running)
  }

  async #finishNow(
    name: string,
    isolation: Isolation,
    settings: TenantSettings | undefined,
  ): Promise<Tenant> {
    const wanted = settings === undefined ? null : wantedOf(settings, name)
    try {
      await this.#finish(name, isolation, wanted)
      return this.#tenant(name)
    } catch (error) {
      this.#retryLater()
      throw error
    }
  }

  #finish(
    name: string,
    isolation: Isolation,
    wanted: WantedSettings | null = null,
  ): Promise<TenantRecord> {
    const { signal } = this.#closing
    const running = this.#authority.createTenant(name, { isolation, wanted }, signal)
    this.#running.add(running)
    const forget = () => void this.#running.delete(running)
    running.then(forget, forget)
    return running
  }

  #retry(tenants: readonly TenantRecord[]): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#closing.signal.aborted || this.#foreign !== undefined || tenants.length === 0) return
    const attempts = tenants.map(({ name, isolation }) => this.#finish(name, isolation))
    void Promise.allSettled(attempts).then((outcomes) => {
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') {
          this.#log.warn('a tenant is still not ready', { error: outcome.reason as unknown })
        }
      }
      this.#retryLater()
    })
  }

  /** Where trying again may help: a rejected tenant needs a person first. */
  #retryLater(): void {
    const hopeful = () =>
      this.#unfinished().filter(({ problem }) => problem === null || problem.kind === 'transient')
    if (this.#closing.signal.aborted || this.#timer !== undefined) return
    if (hopeful().length === 0) {
      this.#delayMs = this.#firstDelayMs
      return
    }
    this.#timer = setTimeout(() => this.#retry(hopeful()), this.#delayMs)
    this.#timer.unref()
    this.#delayMs = Math.min(this.#delayMs * 2, LONGEST_RETRY_DELAY_MS)
  }

  #unfinished(): TenantRecord[] {
    const held = this.#options.held?.() ?? new Set()
    return this.#authority
      .tenants()
      .filter(
        ({ name, state, clearingAt }) =>
          state !== 'ready' && clearingAt === null && !held.has(name),
      )
  }

  #record(name: string): TenantRecord | undefined {
    return this.#authority.tenants().find((tenant) => tenant.name === name)
  }

  #requireOwn(name: string): TenantRecord {
    if (this.#foreign !== undefined) throw notOurs()
    const record = this.#record(name)
    if (record === undefined) throw tenantUnknown(name)
    return record
  }

  #tenant(name: string): Tenant {
    const tenant = this.list().find((each) => each.name === name)
    if (tenant === undefined) throw tenantUnknown(name)
    return tenant
  }

  #announceSoon(): void {
    if (this.#ledgerTimer !== undefined || this.#listeners.size === 0) return
    this.#ledgerTimer = setTimeout(() => {
      this.#ledgerTimer = undefined
      this.#announce()
    }, LEDGER_PAUSE_MS)
    this.#ledgerTimer.unref()
  }

  #announce(): void {
    const update: TenantsUpdate = { type: 'snapshot', tenants: this.list() }
    for (const listener of this.#listeners) listener(update)
  }
}
