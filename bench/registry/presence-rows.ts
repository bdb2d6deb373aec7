import { setTimeout as pause } from 'node:timers/promises'
import type { FleetLoad } from '../../tests/support/fleet-load/fleet-load.ts'
import type { FleetPlan } from '../../tests/support/fleet-load/records.ts'
import { until } from '../../tests/support/until.ts'
import type { Benchmark } from '../benchmark.ts'
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
  peer: 'not run: keys under etcd leases that end in the same second, 20 to 140 s late',
  mostRuns: 1,
  prepare: async ({ endings }) => {
    const { load } = await startSqliteSite(endings)
    const plan = fleet('silent', 20_000, TTL_SECONDS)
    return async () => ({ value: (await fallSilent(load, plan)).p99, peer: null })
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

/** Six TTLs. */
const WATCHED_MS = 90_000

export const PRESENCE_ROWS: readonly Benchmark[] = [
  OFFLINE_20000,
  OFFLINE_100000,
  falseOffline(8000),
  falseOffline(50_000),
]

/** Live devices that change their status with every heartbeat, on etcd: nobody may be declared gone. */
function falseOffline(devices: number): Benchmark {
  return {
    name: `registry.false-offline-${devices}`,
    unit: 'events',
    better: 'less',
    goal: { of: 'value', limit: 0 },
    peer: 'not run: it takes the reference minutes to register them, and it declares thousands',
    mostRuns: 1,
    prepare: async ({ endings }) => {
      const { load } = await startEtcdSite(endings)
      const plan = fleet('live', devices, TTL_SECONDS)
      return async () => ({ value: await offlineWhileLive(load, plan), peer: null })
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
