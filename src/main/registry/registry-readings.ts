import { monitorEventLoopDelay } from 'node:perf_hooks'
import { metricsText, type MetricMeaning } from './metrics-text.ts'
import type { Registry } from './registry.ts'

const NANOSECONDS_A_SECOND = 1e9

const counter = (help: string): MetricMeaning => ({ kind: 'counter', help })
const gauge = (help: string): MetricMeaning => ({ kind: 'gauge', help })

/** What each number means that the registry counts. */
export const MEANINGS: Readonly<Record<string, MetricMeaning>> = {
  heartbeats: counter('Heartbeats that came.'),
  heartbeatsUnchanged: counter('Heartbeats equal to the one before but for their time.'),
  heartbeatsChanged: counter('Heartbeats that changed the status of a device.'),
  registrations: counter('Devices that registered.'),
  registrationsRefused: counter('Registrations that were refused.'),
  registrationsThrottled: counter('Registrations refused as too many.'),
  impostors: counter('Registrations refused since the credential is of another device.'),
  recoveriesAsked: counter('Devices asked to register.'),
  recoveriesFailed: counter('Devices that did not answer when asked to register.'),
  recoveriesPostponed: counter('Devices not asked to register for lack of room.'),
  wentOffline: counter('Devices declared offline.'),
  discoveryRequests: counter('Discovery requests.'),
  discoveryRefused: counter('Discovery requests that were refused.'),
  malformed: counter('Messages dropped as malformed.'),
  oversize: counter('Messages dropped as too large.'),
  unsafeNames: counter('Messages dropped for names that are no subject tokens.'),
  misattributed: counter('Messages dropped since they speak for another device.'),
  throttled: counter('Heartbeats of devices that change too often, taken as life signs only.'),
  flooded: counter('Heartbeats of unknown devices dropped as too many.'),
  requestsDelayed: counter('Requests that waited for the turn of their tenant.'),
  requestsRefused: counter('Requests refused since too many of their tenant waited.'),
  gracePeriods: counter('Standstills of the process after which every device got a TTL.'),
  storeRows: counter('Rows written to the store.'),
  storeBatches: counter('Batches written to the store.'),
  storeFailures: counter('Batches that the store did not take.'),
  storeConflicts: counter('Changes that met those of another registry.'),
  storeBacklog: gauge('Devices whose latest state the store does not have yet.'),
  storeFailingSeconds: gauge('How long nothing could be written to the store; 0 while that works.'),
  etcdReachable: gauge('1 while etcd is followed.'),
  etcdAwaySeconds: gauge('How long etcd could not be followed; 0 while it is.'),
  etcdOutOfSpace: gauge('1 while etcd has used up its quota and takes no writes.'),
  etcdRegistries: gauge('Registries that share etcd, this one among them.'),
  etcdLeases: gauge('Leases that records stand under.'),
  etcdRevision: gauge('Revision of etcd up to which everything is known.'),
  etcdDatabaseBytes: gauge('Size of the database of the fullest member of etcd.'),
  etcdQuotaBytes: gauge('Size at which that member takes no more writes; 0 where it is not known.'),
  etcdMembersAway: gauge('Endpoints of etcd that do not answer or have no leader.'),
  devicesKnown: gauge('Devices known, online and offline.'),
  devicesOnline: gauge('Devices online.'),
  connected: gauge('1 while connected to NATS.'),
  uptimeSeconds: gauge('Time since the start.'),
  residentMemoryBytes: gauge('Memory of the process.'),
  heapUsedBytes: gauge('Memory used by JavaScript.'),
  eventLoopDelayP99Seconds: gauge('Delay of the event loop, 99th percentile since the last look.'),
}

/** Reads a registry that runs alone for Prometheus. */
export class RegistryReadings {
  readonly #registry: Registry
  readonly #isConnected: () => boolean
  readonly #delay: ReturnType<typeof monitorEventLoopDelay>

  constructor(registry: Registry, isConnected: () => boolean) {
    this.#registry = registry
    this.#isConnected = isConnected
    this.#delay = monitorEventLoopDelay({ resolution: 20 })
    this.#delay.enable()
  }

  /** The text of `GET /metrics`. */
  metrics(): string {
    const { rss, heapUsed } = process.memoryUsage()
    const p99 = this.#delay.percentile(99)
    this.#delay.reset()
    return metricsText(
      {
        numbers: {
          ...this.#registry.stats(),
          connected: this.#isConnected() ? 1 : 0,
          uptimeSeconds: process.uptime(),
          residentMemoryBytes: rss,
          heapUsedBytes: heapUsed,
          eventLoopDelayP99Seconds: Number.isFinite(p99) ? p99 / NANOSECONDS_A_SECOND : 0,
        },
        online: this.#registry.onlineByTenant(),
        latencies: this.#registry.latencies(),
      },
      MEANINGS,
    )
  }

  close(): void {
    this.#delay.disable()
  }
}
