import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core'
import { messageOf } from '#shared/errors.ts'
import type { Dialect } from '#shared/protocol/dialect.ts'
import { isSafeToken } from '#shared/protocol/names.ts'
import { subjectsOf } from '#shared/protocol/subjects.ts'
import type { Logger } from '../log/logger.ts'
import { orAborted } from '../steps/or-aborted.ts'
import type { Clock } from './clock.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { TenantMeters } from './tenant-meters.ts'

/** How often rates are looked at. */
export const LOOK_AT_RATES_MS = 500
/** Heartbeats a second beyond which a tenant is in the way of others, however many devices it has. */
const FLOOD_PER_SECOND = 20_000
/** Devices beat every five seconds or so: this many a second of each is no fleet any more. */
const FLOOD_PER_DEVICE = 2
/** A tenant that was calm for so long is heard as before. */
const CALM_AFTER_MS = 15_000

/** A second connection of the registry. */
export interface Lane {
  readonly nats: NatsConnection
  close(): Promise<void>
}

export interface FloodLaneParts {
  readonly dialect: Dialect
  readonly clock: Clock
  readonly logger: Logger
  readonly meters: TenantMeters
  readonly main: Pick<Subscriptions, 'hearOnly' | 'hearAll'>
  /** Devices of a tenant that are known. */
  devicesOf(tenant: string): number
  open(signal: AbortSignal): Promise<Lane>
  readonly handle: (message: Msg) => void
  /** This tenant began to flood. */
  begun(tenant: string): void
  /** Heartbeats of this tenant may have been lost: nobody of it may be judged by their absence. */
  calmed(tenant: string): void
}

/**
 * What comes over one connection comes in order, so that a tenant that floods is in front of all
 * others: their heartbeats wait in the buffers of server and socket. Such a tenant gets a
 * connection of its own for as long as it floods. The two are read by turns; should it be cut as a
 * slow consumer, then only the flood is.
 *
 * Meanwhile the others are heard by name; one that is new is heard once it registered. Devices of
 * the tenant that floods are not declared offline, since their heartbeats may be among what was lost.
 */
export class FloodLane {
  readonly #parts: FloodLaneParts
  readonly #closing = new AbortController()
  /** By tenant: when it flooded last. */
  readonly #flooding = new Map<string, number>()
  readonly #heard = new Map<string, Subscription>()
  #lane: Lane | undefined
  #lookedAtMs: number
  #changing: Promise<void> = Promise.resolve()

  constructor(parts: FloodLaneParts) {
    this.#parts = parts
    this.#lookedAtMs = parts.clock.monotonicMs()
  }

  /** Whether the tenant floods, so that silence of its devices says nothing. */
  isFlooding(tenant: string): boolean {
    return this.#flooding.has(tenant)
  }

  /** To be called every LOOK_AT_RATES_MS. */
  check(): void {
    const now = this.#parts.clock.monotonicMs()
    const seconds = (now - this.#lookedAtMs) / 1000
    this.#lookedAtMs = now
    const begun: string[] = []
    for (const [tenant, meter] of this.#parts.meters.entries()) {
      const rate = (meter.heartbeats - meter.counted) / seconds
      meter.counted = meter.heartbeats
      if (rate <= this.#limitOf(tenant)) continue
      if (!this.#flooding.has(tenant)) begun.push(tenant)
      this.#flooding.set(tenant, now)
    }
    const ended = [...this.#flooding].filter(([, at]) => now - at > CALM_AFTER_MS)
    for (const [tenant] of ended) {
      this.#flooding.delete(tenant)
      this.#parts.calmed(tenant)
    }
    for (const tenant of begun) {
      this.#parts.logger.warn('a tenant floods the registry', { tenant })
      this.#parts.begun(tenant)
    }
    // Also while nothing changes: tenants may have come that are to be heard by name.
    if (this.#flooding.size > 0 || ended.length > 0) this.#arrangeSoon()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#changing
    await this.#lane?.close()
  }

  #limitOf(tenant: string): number {
    // Alone, it is in nobody's way; and what is no token can't be heard by name.
    if (this.#parts.meters.size < 2 || !isSafeToken(tenant)) return Infinity
    return Math.max(FLOOD_PER_SECOND, this.#parts.devicesOf(tenant) * FLOOD_PER_DEVICE)
  }

  #arrangeSoon(): void {
    this.#changing = this.#changing
      .then(() => this.#arrange())
      .catch((error: unknown) => {
        if (this.#closing.signal.aborted) return
        this.#parts.logger.warn('a tenant that floods could not be set apart', {
          why: messageOf(error),
        })
      })
  }

  async #arrange(): Promise<void> {
    const { signal } = this.#closing
    if (signal.aborted) return
    const { main, meters, dialect, handle } = this.#parts
    if (this.#flooding.size === 0) {
      if (this.#lane === undefined) return
      main.hearAll()
      this.#heard.clear()
      const lane = this.#lane
      this.#lane = undefined
      await lane.close()
      return
    }
    this.#lane ??= await this.#parts.open(signal)
    const { nats } = this.#lane
    for (const tenant of this.#flooding.keys()) {
      if (this.#heard.has(tenant)) continue
      const subject = subjectsOf(dialect).heartbeatsOf(tenant)
      const callback = (error: Error | null, message: Msg) => {
        if (error === null) handle(message)
      }
      this.#heard.set(tenant, nats.subscribe(subject, { callback }))
    }
    // From here on the lane hears them; not before may the main connection stop. A server that
    // stands still does not keep the registry from closing.
    await orAborted(nats.flush(), signal)
    main.hearOnly(
      [...meters.entries()]
        .map(([tenant]) => tenant)
        .filter((tenant) => !this.#flooding.has(tenant) && isSafeToken(tenant)),
    )
    for (const [tenant, subscription] of this.#heard) {
      if (this.#flooding.has(tenant)) continue
      subscription.unsubscribe()
      this.#heard.delete(tenant)
    }
  }
}
