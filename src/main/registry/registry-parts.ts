import type { Dialect } from '#shared/protocol/dialect.ts'
import type { Logger } from '../log/logger.ts'
import { visibilityOf, type AccessList } from './access-lists.ts'
import { BeatHistory } from './beat-history.ts'
import { systemClock, type Clock } from './clock.ts'
import { newCounters, type RegistryCounters } from './counters.ts'
import { DiscoveryRequests } from './discovery-requests.ts'
import { DropLog } from './drop-log.ts'
import { noFeed, type FleetFeed } from './fleet-feed.ts'
import { FleetIndex } from './fleet-index.ts'
import { HeartbeatIntake } from './heartbeat-intake.ts'
import { PresenceMonitor } from './presence-monitor.ts'
import { Recovery } from './recovery.ts'
import { Registrar } from './registrar.ts'
import { RegistrationRequests } from './registration-requests.ts'
import { RegistryWire } from './registry-wire.ts'
import type { RegistryStore } from './store.ts'
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
  readonly recovery: Recovery
  readonly heartbeats: HeartbeatIntake
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
  const writes = new WriteBehind(options.store, logger)
  const wire = new RegistryWire(dialect, clock)
  const presence = new PresenceMonitor({
    clock,
    counters,
    history,
    logger,
    confirm: () => wire.confirm(),
    declareOffline: (entry) => {
      index.setOnline(entry, false)
      entry.sinceEpochMs = clock.epochMs()
      history.wentOffline(entry, entry.sinceEpochMs)
      entry.forgetBeat()
      counters.wentOffline += 1
      writes.update(entry)
      feed.changed(entry)
      wire.announceOffline(entry)
    },
  })
  const registrar = new Registrar({
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
  const registrations = new RegistrationRequests(registrar, counters, drops)
  const recovery = new Recovery({
    clock,
    counters,
    request: (tenant, deviceId) => wire.requestRegistration(tenant, deviceId),
    isLive: (tenant, deviceId) => index.get(tenant, deviceId)?.online === true,
    admit: (tenant, deviceId, answer) => registrations.admitAnswer(tenant, deviceId, answer),
  })
  const discovery = new DiscoveryRequests({
    index,
    counters,
    drops,
    wire,
    visibility: visibilityOf(options.accessLists ?? []),
    maxLimit: options.listMaxLimit ?? DEFAULT_LIST_MAX_LIMIT,
  })
  const heartbeats = new HeartbeatIntake({
    dialect,
    clock,
    counters,
    drops,
    index,
    history,
    writes,
    feed,
    recovery,
  })
  return {
    feed,
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
    recovery,
    heartbeats,
  }
}
