import { setTimeout as pause } from 'node:timers/promises'
import { EtcdGateway } from '../../tests/support/etcd-gateway.ts'
import { startEtcd } from '../../tests/support/etcd-server.ts'
import type { FleetLoad } from '../../tests/support/fleet-load/fleet-load.ts'
import type { FleetPlan } from '../../tests/support/fleet-load/records.ts'
import { spreadOfTimes } from '../../tests/support/fleet-load/times.ts'
import { until } from '../../tests/support/until.ts'
import type { Benchmark } from '../benchmark.ts'
import type { Endings } from '../endings.ts'
import { REFERENCE, figureOf, startReference } from './reference.ts'
import { startEtcdSite, startSqliteSite } from './site.ts'

const IN_FLIGHT = 64
const BEAT_EVERY_MS = 5000
const TTL_SECONDS = 15
const DECLARED_TIMEOUT_MS = 60_000

/** 20,000 devices that fall silent at once, each a whole TTL after its last heartbeat. */
const OFFLINE_20000: Benchmark = {
  name: 'registry.offline-20000-p99',
  unit: 'ms',
  better: 'less',
  goal: { of: 'value', limit: 1500 },
  peer: 'etcd leases alone: how late the last 1 % of 20,000 keys go',
  // A TTL, and the leases that take 20 s to go, in each.
  mostRuns: 1,
  prepare: async ({ endings }) => {
    const { load } = await startSqliteSite(endings)
    const plan = fleet('silent', 20_000, TTL_SECONDS)
    return async () => {
      const value = (await fallSilent(load, plan)).p99
      return { value, peer: await leasesGone(endings, plan.count) }
    }
  },
}

/** A site without power. The TTL is longer here since it takes a while to register them. */
const OFFLINE_100000: Benchmark = {
  name: 'registry.offline-100000-last',
  unit: 'ms',
  better: 'less',
  goal: { of: 'value', limit: 5000 },
  peer: 'not run: leases of etcd take 98 s',
  mostRuns: 1,
  prepare: async ({ endings }) => {
    const { load } = await startSqliteSite(endings)
    return async () => ({
      value: (await fallSilent(load, fleet('silent', 100_000, 2 * TTL_SECONDS))).max,
      peer: null,
    })
  },
}

/** How late after its TTL each device was declared offline. */
async function fallSilent(load: FleetLoad, plan: FleetPlan) {
  const { prefix, count } = plan
  await load.create(plan)
  await load.registerAtOnce(prefix, IN_FLIGHT)
  await load.beat(prefix, { everyMs: BEAT_EVERY_MS, changing: 0 })
  // A whole round, so that each of them beat.
  await pause(BEAT_EVERY_MS * 1.2)
  await load.forget(prefix)
  await load.silence(prefix)
  const allGone = async () => (await load.presence(prefix)).offlineDevices === count
  await until(`${count} devices to be declared offline`, allGone, DECLARED_TIMEOUT_MS)
  const { lateMs, wronglyOffline, duplicates } = await load.presence(prefix)
  await load.drop(prefix)
  if (wronglyOffline + duplicates > 0) {
    throw new Error(`${wronglyOffline} were declared offline too early, ${duplicates} twice.`)
  }
  return lateMs
}

const LEASES_IN_FLIGHT = 64
const LEASES_END_AFTER_MS = 40_000

/** The same left to etcd: a lease for each device, kept by nobody. */
async function leasesGone(endings: Endings, count: number): Promise<number> {
  const etcd = endings.add(await startEtcd(), (it) => it.stop())
  const gateway = new EtcdGateway(etcd.url)
  const watching = endings.add(new AbortController(), (it) => it.abort())
  const dueMs = new Map<string, number>()
  const late: number[] = []
  await gateway.watch(
    '/leased/',
    (events) => {
      for (const { kind, key } of events) {
        if (kind === 'delete') late.push(performance.now() - (dueMs.get(key) ?? 0))
      }
    },
    watching.signal,
  )
  // To grant them takes a while; all of them end in the same second.
  const endAt = performance.now() + LEASES_END_AFTER_MS
  let next = 0
  const worker = async () => {
    for (let index = next++; index < count; index = next++) {
      const key = `/leased/${index}`
      const ttlSeconds = Math.round((endAt - performance.now()) / 1000)
      const lease = await gateway.grant(ttlSeconds)
      dueMs.set(key, performance.now() + ttlSeconds * 1000)
      await gateway.putAll([[key, '{}']], lease)
    }
  }
  await Promise.all(Array.from({ length: LEASES_IN_FLIGHT }, worker))
  await until('the leases to go', () => late.length === count, 2 * DECLARED_TIMEOUT_MS)
  return spreadOfTimes(late).p99
}

/** Three TTLs. */
const WATCHED_MS = 45_000

export const PRESENCE_ROWS: readonly Benchmark[] = [
  OFFLINE_20000,
  OFFLINE_100000,
  falseOffline(8000, true),
  falseOffline(50_000, false),
]

/** Live devices that change their status with every heartbeat, on etcd: nobody may be declared gone. */
function falseOffline(devices: number, withReference: boolean): Benchmark {
  return {
    name: `registry.false-offline-${devices}`,
    unit: 'events',
    better: 'less',
    goal: { of: 'value', limit: 0 },
    peer: withReference ? REFERENCE : 'not run',
    mostRuns: 1,
    prepare: async ({ endings }) => {
      const { load } = await startEtcdSite(endings)
      const plan = fleet('live', devices, TTL_SECONDS)
      const reference = withReference ? await startReference(endings) : undefined
      return async () => {
        const value = await offlineWhileLive(load, plan)
        if (reference === undefined) return { value, peer: null }
        return { value, peer: await figureOf(reference, (it) => offlineWhileLive(it.load, plan)) }
      }
    },
  }
}

async function offlineWhileLive(load: FleetLoad, plan: FleetPlan): Promise<number> {
  const { prefix } = plan
  await load.create(plan)
  // Each begins to beat when it is registered, as a device does.
  await load.beat(prefix, { everyMs: BEAT_EVERY_MS, changing: 1 })
  const { failed } = await load.registerAtOnce(prefix, IN_FLIGHT)
  if (failed > 0) throw new Error(`${failed} of ${plan.count} registrations failed.`)
  await load.forget(prefix)
  await pause(WATCHED_MS)
  const { offline } = await load.presence(prefix)
  await load.drop(prefix)
  return offline
}

function fleet(prefix: string, count: number, ttlSeconds: number): FleetPlan {
  return { tenant: 'fleet', prefix, count, ttlSeconds }
}
