import { setTimeout as pause } from 'node:timers/promises'
import { join } from 'node:path'
import { startEtcd } from '../../tests/support/etcd-server.ts'
import type { FleetLoad } from '../../tests/support/fleet-load/fleet-load.ts'
import type { FleetPlan } from '../../tests/support/fleet-load/records.ts'
import type { Times } from '../../tests/support/fleet-load/times.ts'
import { until } from '../../tests/support/until.ts'
import type { Benchmark } from '../benchmark.ts'
import type { Endings } from '../endings.ts'
import { startProcess } from '../processes/start-process.ts'
import { REFERENCE, figureOf, seedReference, startReference, type Reference } from './reference.ts'
import { startEtcdSite, startSqliteSite } from './site.ts'

const IN_FLIGHT = 64
const BEAT_EVERY_MS = 5000
const TTL_SECONDS = 15
const DECLARED_TIMEOUT_MS = 60_000
const LEASES_PROCESS = join(import.meta.dirname, '..', 'processes', 'etcd-leases.ts')

/** Their TTL is longer where it takes a while to register so many. */
const SILENT_20000 = fleet('silent', 20_000, TTL_SECONDS)
const SILENT_100000 = fleet('silent', 100_000, 2 * TTL_SECONDS)
const LEASES = 'leases of etcd alone, one for each device'
/** Within a shorter TTL etcd does not grant so many, and loses some that are kept alive meanwhile. */
const LEASES_100000 = fleet('silent', 100_000, 12 * TTL_SECONDS)
const LEASES_TAKE_MINUTES = {
  notRun: 'etcd takes minutes to grant so many leases, and to end them; --full waits for it',
}

/** 20,000 devices that fall silent at once, each a whole TTL after its last heartbeat. */
const OFFLINE_20000: Benchmark = {
  name: 'registry.offline-20000-p99',
  unit: 'ms',
  better: 'less',
  goal: { of: 'value', limit: 1500 },
  peer: LEASES,
  mostRuns: 1,
  prepare: async ({ endings }) => {
    const { load } = await startSqliteSite(endings)
    return async () => ({
      value: (await fallSilent(load, SILENT_20000)).p99,
      peer: (await leasesOf(endings, SILENT_20000)).p99,
    })
  },
}

/** A site without power. */
const OFFLINE_100000: Benchmark = {
  name: 'registry.offline-100000-last',
  unit: 'ms',
  better: 'less',
  goal: { of: 'value', limit: 5000 },
  peer: LEASES,
  mostRuns: 1,
  prepare: async ({ endings, full }) => {
    const { load } = await startSqliteSite(endings)
    return async () => ({
      value: (await fallSilent(load, SILENT_100000)).max,
      peer: full ? (await leasesOf(endings, LEASES_100000)).max : LEASES_TAKE_MINUTES,
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

/** The same by a lease for each device, on an etcd that has nothing else to do. */
async function leasesOf(endings: Endings, { count, ttlSeconds }: FleetPlan): Promise<Times> {
  return endings.within(async (inner) => {
    const etcd = inner.add(await startEtcd(), (it) => it.stop())
    const args = [etcd.url, String(count), String(ttlSeconds)]
    return (await startProcess(LEASES_PROCESS, inner, { args })) as Times
  })
}

/** Six TTLs. */
const WATCHED_MS = 90_000

/** The reference is as slow with 50,000, and takes as long to be asked. */
export const PRESENCE_ROWS: readonly Benchmark[] = [
  OFFLINE_20000,
  OFFLINE_100000,
  falseOffline(8000, REFERENCE),
  falseOffline(50_000, 'not run: the reference declares thousands of 8,000'),
]

/** Live devices that change their status with every heartbeat, on etcd: nobody may be declared gone. */
function falseOffline(devices: number, peer: string): Benchmark {
  return {
    name: `registry.false-offline-${devices}`,
    unit: 'events',
    better: 'less',
    goal: { of: 'value', limit: 0 },
    peer,
    mostRuns: 1,
    prepare: async ({ endings }) => {
      const { load } = await startEtcdSite(endings)
      const plan = fleet('live', devices, TTL_SECONDS)
      return async () => {
        const value = await offlineWhileLive(load, plan)
        if (peer !== REFERENCE) return { value, peer: null }
        const theirs = await endings.within(async (inner) =>
          figureOf(await startReference(inner), (reference) => falseOfReference(reference, plan)),
        )
        return { value, peer: theirs }
      }
    },
  }
}

/** The records put where the reference finds them: with heartbeats beside, registering takes it minutes. */
async function falseOfReference(reference: Reference, plan: FleetPlan): Promise<number> {
  const { load } = reference
  await seedReference(reference, plan)
  await load.create(plan)
  await load.adopt(plan.prefix)
  await load.beat(plan.prefix, { everyMs: BEAT_EVERY_MS, changing: 1 })
  await pause(WATCHED_MS)
  return (await load.presence(plan.prefix)).offline
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
