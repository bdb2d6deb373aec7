import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core'
import { messageOf } from '#shared/errors.ts'
import type { Dialect } from '#shared/protocol/dialect.ts'
import { subjectsOf } from '#shared/protocol/subjects.ts'
import type { Logger } from '../log/logger.ts'

const RESUBSCRIBE_MIN_MS = 5000
const RESUBSCRIBE_MAX_MS = 5 * 60_000

export interface SubjectHandlers {
  registry(message: Msg): void
  discovery(message: Msg): void
  heartbeat(message: Msg): void
  /** What other registries announce; only where there may be others. */
  readonly offline?: ((message: Msg) => void) | undefined
}

export interface SubscriptionsOptions {
  readonly dialect: Dialect
  readonly handlers: SubjectHandlers
  readonly logger: Logger
  /** Only these, by exact subjects; wildcards over all tenants where undefined. */
  readonly tenants: readonly string[] | undefined
  /** Served by exact subjects once the server refused a wildcard. */
  readonly knownTenants: readonly string[]
}

type Purpose = keyof SubjectHandlers

/** Registries that run side by side share the requests; heartbeats all of them hear. */
const QUEUES: Readonly<Partial<Record<Purpose, string>>> = {
  registry: 'registry',
  discovery: 'orch',
}
const PURPOSES: readonly Purpose[] = ['registry', 'discovery', 'heartbeat', 'offline']

const WILDCARDS: Readonly<Record<Purpose, string>> = {
  registry: 'registry',
  discovery: 'discovery',
  heartbeat: '*.heartbeat',
  offline: 'device.offline',
}

/**
 * Subscribes what the registry listens to: wildcards over all tenants on one connection, or the
 * exact subjects of the tenants named, since the credentials of one tenant may not subscribe
 * wildcards. A subscription that the server refuses is tried again: permissions can change while
 * connected.
 */
export class Subscriptions {
  readonly #connection: NatsConnection
  readonly #options: SubscriptionsOptions
  readonly #active = new Map<string, Subscription>()
  readonly #retries = new Set<NodeJS.Timeout>()
  readonly #pausesMs = new Map<string, number>()
  #closed = false

  constructor(connection: NatsConnection, options: SubscriptionsOptions) {
    this.#connection = connection
    this.#options = options
    for (const purpose of PURPOSES) {
      if (options.handlers[purpose] === undefined) continue
      if (options.tenants === undefined) this.#openWildcard(purpose)
      else this.#openExact(purpose, options.tenants)
    }
  }

  /** Hears heartbeats of these tenants by name from now on, and of nobody else. */
  hearOnly(tenants: readonly string[]): void {
    this.#openExact('heartbeat', tenants)
    const subjects = subjectsOf(this.#options.dialect)
    this.#leaveHeartbeatsBut(new Set(tenants.map((tenant) => subjects.heartbeatsOf(tenant))))
  }

  /** Hears heartbeats of all tenants again. */
  hearAll(): void {
    const { tenants } = this.#options
    if (tenants !== undefined) {
      this.#openExact('heartbeat', tenants)
      return
    }
    const subject = this.#wildcardOf('heartbeat')
    if (!this.#active.has(subject)) this.#openWildcard('heartbeat')
    this.#leaveHeartbeatsBut(new Set([subject]))
  }

  #leaveHeartbeatsBut(kept: ReadonlySet<string>): void {
    for (const [subject, subscription] of this.#active) {
      if (!subject.endsWith('.heartbeat') || kept.has(subject)) continue
      this.#active.delete(subject)
      subscription.unsubscribe()
    }
  }

  /** Asks for no more, and resolves when what was on its way is handled. */
  async drain(): Promise<void> {
    this.#closed = true
    for (const timer of this.#retries) clearTimeout(timer)
    const draining = [...this.#active.values()].map((subscription) => subscription.drain())
    this.#active.clear()
    // Where the connection is gone, nothing is on its way any more.
    await Promise.allSettled(draining)
  }

  #openWildcard(purpose: Purpose): void {
    this.#open(purpose, this.#wildcardOf(purpose), () =>
      this.#openExact(purpose, this.#options.knownTenants),
    )
  }

  #wildcardOf(purpose: Purpose): string {
    return `${this.#options.dialect.subjectRoot}.*.${WILDCARDS[purpose]}`
  }

  #openExact(purpose: Purpose, tenants: readonly string[]): void {
    const subjects = subjectsOf(this.#options.dialect)
    for (const tenant of tenants) {
      const subject =
        purpose === 'heartbeat' ? subjects.heartbeatsOf(tenant) : subjects[purpose](tenant)
      if (!this.#active.has(subject)) this.#open(purpose, subject, () => undefined)
    }
  }

  #open(purpose: Purpose, subject: string, whenRefused: () => void): void {
    if (this.#closed || this.#connection.isClosed()) return
    const { handlers } = this.#options
    const queue = QUEUES[purpose]
    const subscription = this.#connection.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, message) => {
        if (error === null) handlers[purpose]?.(message)
      },
    })
    this.#active.set(subject, subscription)
    void subscription.closed.then((reason) => {
      if (this.#active.get(subject) === subscription) this.#active.delete(subject)
      if (!(reason instanceof Error) || this.#closed || this.#connection.isClosed()) return
      this.#options.logger.warn('the server refused a subscription of the registry', {
        subject,
        why: messageOf(reason),
      })
      whenRefused()
      this.#openLater(purpose, subject, whenRefused)
    })
  }

  #openLater(purpose: Purpose, subject: string, whenRefused: () => void): void {
    const pauseMs = this.#pausesMs.get(subject) ?? RESUBSCRIBE_MIN_MS
    this.#pausesMs.set(subject, Math.min(pauseMs * 2, RESUBSCRIBE_MAX_MS))
    const timer = setTimeout(() => {
      this.#retries.delete(timer)
      this.#open(purpose, subject, whenRefused)
    }, pauseMs)
    this.#retries.add(timer)
  }
}
