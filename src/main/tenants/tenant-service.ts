import type { Tenant } from '#shared/contract/tenants.ts'
import { ConflictError, RejectedError } from '#shared/errors.ts'
import type { Isolation, TenantRecord } from '../authority/authority-store.ts'
import type { Logger } from '../log/logger.ts'

const FIRST_RETRY_DELAY_MS = 1_000
const LONGEST_RETRY_DELAY_MS = 60_000

/** What tenants need of the authority. */
export interface TenantAuthority {
  tenants(): readonly TenantRecord[]
  subscribeTenants(listener: (tenants: readonly TenantRecord[]) => void): () => void
  createTenant(
    name: string,
    options: { readonly isolation: Isolation },
    signal?: AbortSignal,
  ): Promise<TenantRecord>
}

export interface TenantServiceOptions {
  readonly authority: TenantAuthority
  readonly log: Logger
  /** Milliseconds before the first repetition; doubled each time, up to a minute. */
  readonly firstRetryDelayMs?: number
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
  readonly #log: Logger
  readonly #firstDelayMs: number
  readonly #listeners = new Set<(update: TenantsUpdate) => void>()
  readonly #closing = new AbortController()
  readonly #unsubscribe: () => void
  readonly #running = new Set<Promise<unknown>>()
  #foreign: readonly string[] | undefined
  #timer: NodeJS.Timeout | undefined
  #delayMs: number

  constructor(options: TenantServiceOptions) {
    this.#authority = options.authority
    this.#log = options.log
    this.#firstDelayMs = options.firstRetryDelayMs ?? FIRST_RETRY_DELAY_MS
    this.#delayMs = this.#firstDelayMs
    this.#unsubscribe = this.#authority.subscribeTenants(() => this.#announce())
  }

  list(): Tenant[] {
    return this.#foreign === undefined
      ? this.#authority.tenants().map(tenantOf)
      : this.#foreign.map(foreignTenant)
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
    const existing = this.#authority.tenants().find((tenant) => tenant.name === name)
    if (existing?.state === 'ready') throw tenantExists(name)
    try {
      return tenantOf(await this.#finish(name, existing?.isolation ?? 'account'))
    } catch (error) {
      this.#retryLater()
      throw error
    }
  }

  /** Tries those that are not ready at once: the mesh calls it when it has connected. */
  retryPending(): void {
    this.#delayMs = this.#firstDelayMs
    this.#retry(this.#unfinished())
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
    this.#unsubscribe()
    this.#listeners.clear()
    await Promise.allSettled(this.#running)
  }

  #finish(name: string, isolation: Isolation): Promise<TenantRecord> {
    const running = this.#authority.createTenant(name, { isolation }, this.#closing.signal)
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
    return this.#authority.tenants().filter(({ state }) => state !== 'ready')
  }

  #announce(): void {
    const update: TenantsUpdate = { type: 'snapshot', tenants: this.list() }
    for (const listener of this.#listeners) listener(update)
  }
}

function tenantOf(record: TenantRecord): Tenant {
  return {
    name: record.name,
    account: record.account,
    isolation: record.isolation,
    state: record.state,
    problem: record.problem,
    createdAt: record.createdAt.toISOString(),
  }
}

function foreignTenant(name: string): Tenant {
  return {
    name,
    account: null,
    isolation: 'account',
    state: 'ready',
    problem: null,
    createdAt: null,
  }
}

function tenantExists(name: string): ConflictError {
  return new ConflictError({
    code: 'TENANT_EXISTS',
    message: `There is a tenant ${name} already.`,
    advice: 'Choose another name, or use the tenant that is there.',
    details: { tenant: name },
  })
}

function notOurs(): RejectedError {
  return new RejectedError({
    code: 'TENANTS_NOT_OURS',
    message:
      'The mesh in use belongs to somebody else: this profile does not hold the keys that create tenants on it.',
    advice: 'Switch to your local mesh, or ask the admin of this one.',
  })
}
