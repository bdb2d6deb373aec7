import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '#shared/errors.ts'
import type { Logger } from '../../log/logger.ts'
import type { EtcdClient, EtcdEvent } from './etcd-client.ts'
import { etcdError } from './etcd-errors.ts'

const RETRY_MIN_MS = 100
const RETRY_MAX_MS = 2000
const COMPLAIN_EVERY_MS = 60_000

export interface EtcdFollowParts {
  readonly client: EtcdClient
  readonly logger: Logger
  readonly prefixes: readonly string[]
  /** Takes everything in and returns the revision that it had. */
  readonly takeIn: () => Promise<number>
  /** Called in order for each prefix; an event may come twice. */
  readonly event: (event: EtcdEvent) => void
  /** etcd answers, for the first time or again. */
  readonly reached: () => void
}

/**
 * Keeps up with etcd for good: a look at everything once, then a watch that begins where that ended.
 * A watch that breaks goes on from the last revision that was told, so nothing is missed; where etcd
 * has forgotten what came since, or has been set back, everything is looked at again.
 */
export class EtcdFollow {
  readonly #parts: EtcdFollowParts
  /** Up to which revision everything below a prefix is known; empty before the first look. */
  readonly #told = new Map<string, number>()
  readonly #firstView = Promise.withResolvers<void>()
  #following = false
  #lostAtMs = performance.now()
  #lastError: Error | undefined
  #retryMs = RETRY_MIN_MS
  #complainAtMs = 0

  constructor(parts: EtcdFollowParts) {
    this.#parts = parts
  }

  /** Whether what is known is up to date. */
  get following(): boolean {
    return this.#following
  }

  /** How long it has not been; 0 while it is. */
  get awayForMs(): number {
    return this.#following ? 0 : performance.now() - this.#lostAtMs
  }

  /** Why not, where it is not. */
  get lastError(): Error | undefined {
    return this.#lastError
  }

  /** The newest revision that was told. */
  get revision(): number {
    return Math.max(0, ...this.#told.values())
  }

  /** The revision up to which everything is known, below all prefixes; 0 before the first look. */
  get #known(): number {
    return this.#told.size === 0 ? 0 : Math.min(...this.#told.values())
  }

  /** Resolves once everything has been looked at. */
  get firstView(): Promise<void> {
    return this.#firstView.promise
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#follow(signal)
      } catch (error) {
        if (signal.aborted) return
        this.#complain(error)
        await delay(this.#retryMs, undefined, { signal }).catch(() => undefined)
        this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS)
      } finally {
        if (this.#following) this.#lostAtMs = performance.now()
        this.#following = false
      }
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { client, prefixes, takeIn, logger } = this.#parts
    // Also gets a new token where the old one has run out, which a stream does not.
    const present = await client.revision()
    if (present < this.revision) {
      logger.warn('etcd is behind what it told before; it is read anew', { present })
      this.#told.clear()
    }
    if (this.#told.size === 0) {
      const revision = await takeIn()
      for (const prefix of prefixes) this.#told.set(prefix, revision)
      this.#firstView.resolve()
    }
    const over = Promise.withResolvers<never>()
    // Rejected before anybody waits where the stream breaks while it opens.
    over.promise.catch(() => undefined)
    const watch = await client.watch(prefixes, this.#known + 1, {
      events: (prefix, events, revision) => this.#take(prefix, events, revision),
      compacted: () => {
        this.#told.clear()
        over.reject(etcdError(new Error('what changed meanwhile was compacted away')))
      },
      ended: (error) => over.reject(error),
    })
    const stop = () => over.reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    try {
      this.#following = true
      this.#parts.reached()
      this.#lastError = undefined
      this.#retryMs = RETRY_MIN_MS
      await over.promise
    } finally {
      signal.removeEventListener('abort', stop)
      watch.close()
    }
  }

  #take(prefix: string, events: readonly EtcdEvent[], revision: number): void {
    const told = this.#told.get(prefix)
    if (told === undefined) return
    for (const event of events) {
      if ((event.kind === 'put' ? event.entry.revision : event.revision) > told) {
        this.#tell(event)
      }
    }
    this.#told.set(prefix, Math.max(told, revision))
  }

  /** Others write here as well: whatever it is, it must not end the watch. */
  #tell(event: EtcdEvent): void {
    try {
      this.#parts.event(event)
    } catch (error) {
      const key = event.kind === 'put' ? event.entry.key : event.key
      this.#parts.logger.warn('a change in etcd could not be understood', { key, error })
    }
  }

  #complain(error: unknown): void {
    this.#lastError = etcdError(error)
    const now = performance.now()
    if (now < this.#complainAtMs) return
    this.#complainAtMs = now + COMPLAIN_EVERY_MS
    this.#parts.logger.warn('etcd can not be followed; trying again', { why: messageOf(error) })
  }
}
