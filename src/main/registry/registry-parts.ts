import type { Dialect } from '#shared/protocol/dialect.ts'
import type { Logger } from '../log/logger.ts'
import { visibilityOf, type AccessList } from './access-lists.ts'
import { BeatHistory } from './beat-history.ts'
import { systemClock, type Clock } from './clock.ts'
import { newCounters, type RegistryCounters } from './counters.ts'
import { DiscoveryRequests } from './discovery-requests.ts'
import { DropLog } from './drop-log.ts'
import { noFeed, type FleetFeed } from './fleet-feed.ts'
import { FairRequests } from './fair-requests.ts'
import { FleetIndex } from './fleet-index.ts'
import { HeartbeatIntake } from './heartbeat-intake.ts'
import { IdentityGuard, type Impostor } from './identity-guard.ts'
import { LatencyHistogram } from './latency-histogram.ts'
import { PresenceMonitor } from './presence-monitor.ts'
import { Recovery } from './recovery.ts'
import { Registrar } from './registrar.ts'
import { RegistrationGate } from './registration-gate.ts'
import { RegistrationRequests } from './registration-requests.ts'
import { DEFAULT_LIMITS, type RegistryLimits } from './registry-limits.ts'
import { RegistryWire } from './registry-wire.ts'
import { ReplyRooms } from './reply-rooms.ts'
import { OfflineClaims } from './offline-claims.ts'
import { SharedFleet } from './shared-fleet.ts'
import { isShared, type SharedStore } from './shared-store.ts'
import type { DeviceKey, RegistryStore } from './store.ts'
import type { DeviceEntry } from './device-entry.ts'
import { TextArena } from './text-arena.ts'
import { WriteBehind } from './write-behind.ts'

export const DEFAULT_DEVICE_TTL_SECONDS = 15
export const DEFAULT_LIST_MAX_LIMIT = 200

export interface RegistryOptions {
  readonly dialect: Dialect
  readonly store: RegistryStore
  readonly logger: Logger
  readonly clock?: Clock
  /** Serve these only; all tenants that the connection may see unless told. */
  readonly tenants?: readonly string[] | undefined
  /** Served by their exact subjects where the server refuses the wildcards over all tenants. */
  readonly knownTenants?: readonly string[] | undefined
  /** Largest page of `discovery/listDevices`. */
  readonly listMaxLimit?: number | undefined
  /** For stored records that carry no usable TTL. */
  readonly fallbackTtlSeconds?: number | undefined
  readonly accessLists?: readonly AccessList[] | undefined
  readonly feed?: FleetFeed | undefined
  /** Heartbeats of this tenant may be lost now: silence of its devices says nothing. */
  readonly isFlooding?: ((tenant: string) => boolean) | undefined
  /** What devices and tenants may ask at most. */
  readonly limits?: RegistryLimits | undefined
  /**
   * Requests come from other accounts, whose imports share who asks: the header is the server's. Not
   * where devices are in the registry's own account, since they could write it themselves.
   */
  readonly trustsRequesters?: boolean | undefined
  /** Told of credentials that register as a device which they were not issued for. */
  readonly onImpostor?: ((impostor: Impostor) => void) | undefined
  /** Told of a tenant that begins to send without measure. */
  readonly onFlood?: ((tenant: string) => void) | undefined
}

/** The parts of a registry, each with what it needs of the others. */
export interface RegistryParts {
  readonly feed: FleetFeed
  readonly counters: RegistryCounters
  readonly drops: DropLog
  readonly index: FleetIndex
  readonly history: BeatHistory
  readonly writes: WriteBehind
  readonly presence: PresenceMonitor
  readonly wire: RegistryWire
  readonly registrar: Registrar
  readonly registrations: RegistrationRequests
  readonly discovery: DiscoveryRequests
  /** Where its lists are written. */
  readonly rooms: ReplyRooms
  readonly recovery: Recovery
  readonly heartbeats: HeartbeatIntake
  readonly guard: IdentityGuard
  /** Gives every online device of a tenant a whole TTL again. */
  giveGrace(tenant: string): void
  readonly requests: FairRequests
  readonly latencies: Readonly<Record<'registration' | 'discovery' | 'heartbeat', LatencyHistogram>>
  /** Where several registries share the store. */
  readonly sharing:
    | {
        readonly store: SharedStore
        readonly claims: OfflineClaims
        readonly fleet: SharedFleet
      }
    | undefined
}

/** Builds the parts; nothing listens and nothing is loaded yet. */
export function assembleRegistry(options: RegistryOptions): RegistryParts {
  const { dialect, logger } = options
  const clock = options.clock ?? systemClock
  const feed = options.feed ?? noFeed
  const counters = newCounters()
  const drops = new DropLog(logger, clock)
  const history = new BeatHistory()
  const index = new FleetIndex(dialect.subjectRoot, history)
  const shared = isShared(options.store) ? options.store : undefined
  const owns = (device: DeviceKey) => shared?.owns(device) ?? true
  const writes = new WriteBehind(options.store, logger, owns)
  const wire = new RegistryWire(dialect, clock)
  const goOffline = (entry: DeviceEntry, sinceEpochMs: number) => {
    index.setOnline(entry, false)
    entry.sinceEpochMs = sinceEpochMs
    history.wentOffline(entry, sinceEpochMs)
    entry.forgetBeat()
    writes.settle(entry)
    feed.changed(entry)
  }
  const presence = new PresenceMonitor({
    clock,
    counters,
    history,
    logger,
    confirm: () => wire.confirm(),
    mayJudge: (entry) =>
      (shared?.judges(entry) ?? true) && !(options.isFlooding?.(entry.tenant) ?? false),
    declareOffline: (entry) => {
      if (claims !== undefined) {
        claims.claim(entry)
        return
      }
      goOffline(entry, clock.epochMs())
      counters.wentOffline += 1
      writes.update(entry)
      wire.announceOffline(entry)
    },
  })
  const claims =
    shared &&
    new OfflineClaims({
      store: shared,
      logger,
      clock,
      find: ({ tenant, deviceId }) => index.get(tenant, deviceId),
      goOffline,
      isBeingWritten: (entry) => writes.isBeingWritten(entry),
      watch: (entry) => presence.watch(entry),
      announceOffline: (device) => {
        counters.wentOffline += 1
        wire.announceOffline(device)
      },
      confirm: () => wire.confirm(),
    })
  const registrar = new Registrar({
    texts: new TextArena(),
    index,
    history,
    writes,
    presence,
    feed,
    counters,
    clock,
    wire,
    fallbackTtlSeconds: options.fallbackTtlSeconds ?? DEFAULT_DEVICE_TTL_SECONDS,
  })
  const limits = options.limits ?? DEFAULT_LIMITS
  const guard = new IdentityGuard({
    clock,
    counters,
    report: (impostor) => {
      logger.warn('a credential registers as a device that it was not issued for', { ...impostor })
      options.onImpostor?.(impostor)
    },
  })
  const gate = new RegistrationGate({ index, guard, limits, counters, clock })
  const registrations = new RegistrationRequests(registrar, gate, counters, drops)
  const recovery = new Recovery({
    clock,
    counters,
    request: (tenant, deviceId) => wire.requestRegistration(tenant, deviceId),
    isOurs: (tenant, deviceId) => owns({ tenant, deviceId }),
    isLive: (tenant, deviceId) => index.get(tenant, deviceId)?.online === true,
    admit: (tenant, deviceId, answer) => registrations.admitAnswer(tenant, deviceId, answer),
  })
  const rooms = new ReplyRooms()
  const discovery = new DiscoveryRequests({
    index,
    counters,
    drops,
    wire,
    visibility: visibilityOf(options.accessLists ?? []),
    maxLimit: options.listMaxLimit ?? DEFAULT_LIST_MAX_LIMIT,
    rooms,
  })
  const heartbeats = new HeartbeatIntake({
    dialect,
    clock,
    counters,
    drops,
    index,
    history,
    limits,
    writes,
    feed,
    recovery,
  })
  const sharing = shared &&
    claims && {
      store: shared,
      claims,
      fleet: new SharedFleet({ store: shared, index, registrar, writes, claims, feed, goOffline }),
    }
  return {
    feed,
    sharing,
    counters,
    drops,
    index,
    history,
    writes,
    presence,
    wire,
    registrar,
    registrations,
    discovery,
    rooms,
    recovery,
    heartbeats,
    guard,
    giveGrace: (tenant) => {
      const now = clock.monotonicMs()
      for (const entry of index.onlineOf(tenant)) entry.lastBeatMs = now
    },
    requests: new FairRequests(counters),
    latencies: {
      registration: new LatencyHistogram(),
      discovery: new LatencyHistogram(),
      heartbeat: new LatencyHistogram(),
    },
  }
}
