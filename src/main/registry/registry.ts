import { setTimeout as delay } from 'node:timers/promises'
import type { NatsConnection } from '@nats-io/nats-core'
import { parseSelector } from '#shared/protocol/selectors.ts'
import type { RegistryCounters } from './counters.ts'
import type { DeviceEntry } from './device-entry.ts'
import type { OwnedDevice } from './identity-guard.ts'
import type { LatencyHistogram } from './latency-histogram.ts'
import { systemClock } from './clock.ts'
import { FloodLane, LOOK_AT_RATES_MS, type Lane } from './flood-lane.ts'
import { messageHandlers } from './message-intake.ts'
import { PRESENCE_TICK_MS, type PresenceMonitor } from './presence-monitor.ts'
import { assembleRegistry, type RegistryOptions } from './registry-parts.ts'
import { storeReadings, type SharedStore, type StoreHealth } from './shared-store.ts'
import { storeTrouble } from './store-trouble.ts'
import { Subscriptions } from './subscriptions.ts'
import type { WriteCounters } from './write-behind.ts'

/** Whether another registry died and left something to announce. */
const TAKE_OVER_EVERY_MS = 1000

/** Requests that came before a stop have this long to be answered. */
const DRAIN_TIMEOUT_MS = 2000

export interface RegistryStats extends RegistryCounters, WriteCounters {
  readonly devicesKnown: number
  readonly devicesOnline: number
  /** Devices that the store does not have as they are. */
  readonly storeBacklog: number
  /** How long nothing could be written; 0 while that works. */
  readonly storeFailingSeconds: number
}

type ForgetOutcome = 'forgotten' | 'unknown' | 'online'

export interface Registry {
  /** Every device known, online and offline. */
  devices(): IterableIterator<DeviceEntry>
  /** The whole record as JSON text; undefined for a device that is not known. */
  record(tenant: string, deviceId: string): string | undefined
  /**
   * The online devices that a selector addresses, of one tenant or of all, up to a number.
   * @throws RejectedError `SELECTOR_MALFORMED`
   */
  select(selector: string, tenant: string | null, most: number): DeviceEntry[]
  /** Drops an offline device. An online one would be back with its next heartbeat, so it stays. */
  forget(tenant: string, deviceId: string): ForgetOutcome
  stats(): RegistryStats
  /** How a store that is a server is; undefined for one that is a file. */
  storeHealth(): StoreHealth | undefined
  /** Why what is known here would be lost with this process, as one sentence: see `storeTrouble`. */
  storeTrouble(): string | undefined
  /** How many devices of each tenant are online. */
  onlineByTenant(): Iterable<readonly [tenant: string, devices: number]>
  /** How long messages took to handle, by kind. */
  latencies(): Readonly<Record<string, LatencyHistogram>>
  /** These ids belong to their devices: see `IdentityGuard.own`. */
  own(devices: readonly OwnedDevice[], replace: boolean): void
  /**
   * Begins to serve on an open connection, which stays the caller's to close. To be called once;
   * the connection may be lost and come back as often as it likes.
   * @param openLane opens another connection of the same user, for tenants that flood
   */
  serve(connection: NatsConnection, openLane?: (signal: AbortSignal) => Promise<Lane>): void
  /**
   * Takes no more, answers what came, writes what is pending. The connection and the store stay open.
   */
  close(): Promise<void>
}

/**
 * Loads the known devices. `serve` then answers registration, heartbeats, recovery and discovery
 * (protocol.md) for all tenants that the connection may see.
 * @throws what the store throws while loading
 */
export async function openRegistry(
  options: RegistryOptions,
  signal: AbortSignal,
): Promise<Registry> {
  let flood: FloodLane | undefined
  const isFlooding = (tenant: string) => flood?.isFlooding(tenant) ?? false
  const parts = assembleRegistry({ ...options, isFlooding })
  const { sharing } = parts
  await sharing?.store.follow(sharing.fleet, signal)
  for await (const page of options.store.load(signal)) {
    for (const stored of page) parts.registrar.restore(stored)
  }
  const { index, writes, presence, recovery, counters, feed } = parts
  const ticking = setInterval(() => {
    presence.check()
    parts.heartbeats.takePostponed()
  }, PRESENCE_TICK_MS)
  const looking = setInterval(() => flood?.check(), LOOK_AT_RATES_MS)
  const takingOver = sharing && setInterval(() => sharing.claims.takeOver(), TAKE_OVER_EVERY_MS)
  let subscriptions: Subscriptions | undefined
  return {
    devices: () => index.all(),
    record: (tenant, deviceId) => index.get(tenant, deviceId)?.record(),
    select: (selector, tenant, most) => {
      const tenants = tenant === null ? [...index.tenants()].map(([name]) => name) : [tenant]
      // Where there is no tenant, the selector is looked at all the same.
      if (tenants.length === 0) parseSelector(selector)
      const found: DeviceEntry[] = []
      for (const name of tenants) {
        const devices = parts.discovery.select(name, selector)
        found.push(...devices.slice(0, most - found.length))
        if (found.length >= most) break
      }
      return found
    },
    forget: (tenant, deviceId) => {
      const entry = index.get(tenant, deviceId)
      if (entry === undefined) return 'unknown'
      if (entry.online) return 'online'
      index.remove(entry)
      writes.remove(entry)
      feed.removed({ tenant, deviceId })
      return 'forgotten'
    },
    onlineByTenant: () =>
      Array.from(index.tenants(), ([tenant, devices]) => [tenant, devices.all().length] as const),
    latencies: () => parts.latencies,
    own: (devices, replace) => parts.guard.own(devices, replace),
    stats: () => ({
      ...counters,
      ...writes.counters,
      devicesKnown: index.size,
      devicesOnline: index.onlineCount,
      storeBacklog: writes.backlog,
      storeFailingSeconds: writes.failingForMs / 1000,
      ...(sharing && storeReadings(sharing.store.health())),
    }),
    storeHealth: () => sharing?.store.health(),
    storeTrouble: () => storeTrouble(sharing?.store.health(), writes.failingForMs),
    serve: (connection, openLane) => {
      parts.wire.attach(connection)
      const { dialect, logger, trustsRequesters = false } = options
      const handlers = messageHandlers({ connection, dialect, trustsRequesters, parts })
      subscriptions = new Subscriptions(connection, {
        dialect,
        handlers,
        logger,
        tenants: options.tenants,
        knownTenants: options.knownTenants ?? [],
      })
      if (openLane !== undefined) {
        flood = new FloodLane({
          dialect,
          clock: options.clock ?? systemClock,
          logger,
          meters: index.meters,
          main: subscriptions,
          devicesOf: (tenant) => index.knownOf(tenant),
          open: openLane,
          handle: (message) => handlers.heartbeat(message),
          begun: (tenant) => options.onFlood?.(tenant),
          calmed: (tenant) => parts.giveGrace(tenant),
        })
      }
      presence.resume()
      sharing?.store.setHearing(true)
      void followConnection(connection, presence, sharing?.store)
    },
    close: async () => {
      clearInterval(looking)
      await flood?.close()
      const answered = subscriptions?.drain().then(() => parts.requests.drained())
      await Promise.race([answered, delay(DRAIN_TIMEOUT_MS, undefined, { ref: false })])
      clearInterval(ticking)
      presence.close()
      recovery.close()
      clearInterval(takingOver)
      await sharing?.claims.close()
      await writes.close()
      await sharing?.store.noteSeen(
        [...index.all()].filter(({ online, lastSeenEpochMs }) => online && lastSeenEpochMs > 0),
      )
    },
  }
}

async function followConnection(
  connection: NatsConnection,
  presence: PresenceMonitor,
  shared: SharedStore | undefined,
): Promise<void> {
  const pause = () => {
    presence.pause()
    shared?.setHearing(false)
  }
  for await (const { type } of connection.status()) {
    if (type === 'disconnect' || type === 'staleConnection') pause()
    if (type === 'reconnect') {
      presence.resume()
      shared?.setHearing(true)
    }
  }
  pause()
}
