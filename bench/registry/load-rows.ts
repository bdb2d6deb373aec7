import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { FleetPlan } from '../../tests/support/fleet-load/records.ts'
import { until } from '../../tests/support/until.ts'
import type { Benchmark, Figure } from '../benchmark.ts'
import { millisecondsOf } from '../measure.ts'
import { startProcess } from '../processes/start-process.ts'
import { LOOP_FILE_VARIABLE, LOOP_WATCH, cpuMsOf, memoryOf, stallOf } from './process-watch.ts'
import { startEtcdSite, startSqliteSite, type EtcdSite, type SqliteSite } from './site.ts'
import type { Endings } from '../endings.ts'

const IN_FLIGHT = 64
const BEAT_EVERY_MS = 5000
const TTL_SECONDS = 15
const RECORDS_PROCESS = join(import.meta.dirname, '..', 'processes', 'parsed-records.ts')

const CHURN: Figure = {
  name: 'registry.memory-100000-churn',
  unit: '%',
  better: 'less',
  goal: { of: 'value', limit: 10 },
  peer: 'nothing',
}

/** Every device registered again, and beats that all change, twice: what memory grows by. */
const MEMORY: Benchmark = {
  name: 'registry.memory-100000',
  unit: 'MB',
  better: 'less',
  goal: { of: 'value', limit: 400 },
  peer: 'a process that only holds the same 100,000 records of 2 KB, parsed',
  further: [CHURN],
  // Each registers 100,000 devices three times.
  mostRuns: 1,
  prepare: async ({ endings }) => {
    const { load, registry } = await startSqliteSite(endings)
    const plan = fleet('large', 100_000, 3600, 2048)
    const settle = async () => {
      await load.registerAtOnce(plan.prefix, IN_FLIGHT)
      await load.beat(plan.prefix, { everyMs: BEAT_EVERY_MS, changing: 1 })
      await pause(2 * BEAT_EVERY_MS)
      await load.silence(plan.prefix)
      return memoryOf(registry.pid)
    }
    return async () => {
      await load.create(plan)
      const value = await settle()
      await settle()
      const churned = await settle()
      const peer = Number(
        await startProcess(RECORDS_PROCESS, endings, { args: ['100000', '2048'] }),
      )
      return {
        value,
        peer,
        further: { [CHURN.name]: { value: ((churned - value) / value) * 100, peer: null } },
      }
    }
  },
}

const STALL: Figure = {
  name: 'registry.mixed-stall-p999',
  unit: 'ms',
  better: 'less',
  goal: { of: 'value', limit: 50 },
  peer: 'nothing',
}
const MIXED_MS = 6000
const REGISTRATIONS_BESIDE = 300
const QUESTIONS_BESIDE = 600

/** 20,000 devices that beat, a tenth of the beats changing something; some register, some ask. */
const MIXED: Benchmark = {
  name: 'registry.mixed-cpu',
  unit: '%',
  better: 'less',
  goal: { of: 'value', limit: 50 },
  peer: 'nothing',
  further: [STALL],
  prepare: async ({ endings }) => {
    const loopFile = join(await endings.temporaryFolder(), 'loop.json')
    const { load, registry } = await startSqliteSite(endings, {
      nodeArgs: ['--import', LOOP_WATCH],
      env: { [LOOP_FILE_VARIABLE]: loopFile },
    })
    const plan = fleet('mixed', 20_000, TTL_SECONDS)
    await load.create(plan)
    await load.beat(plan.prefix, { everyMs: BEAT_EVERY_MS, changing: 0.1 })
    await load.registerAtOnce(plan.prefix, IN_FLIGHT)
    await pause(BEAT_EVERY_MS)
    let taken = 0
    return async () => {
      taken += 1
      const newcomers = fleet(`new${taken}`, REGISTRATIONS_BESIDE, 3600)
      await load.create(newcomers)
      await stallOf(registry.pid, loopFile)
      const cpuMs = cpuMsOf(registry.pid)
      const tookMs = await millisecondsOf(() =>
        Promise.all([
          load.register(newcomers.prefix, { inFlight: 1, retry: false }),
          load.ask({ fleet: plan.prefix, count: QUESTIONS_BESIDE, inFlight: 1 }),
          load.list(plan.prefix),
          pause(MIXED_MS),
        ]),
      )
      const value = ((cpuMsOf(registry.pid) - cpuMs) / tookMs) * 100
      const stall = await stallOf(registry.pid, loopFile)
      await load.drop(newcomers.prefix)
      const { offline } = await load.presence(plan.prefix)
      if (offline > 0) throw new Error(`${offline} live devices were declared offline.`)
      return { value, peer: null, further: { [STALL.name]: { value: stall, peer: null } } }
    }
  },
}

export const LOAD_ROWS: readonly Benchmark[] = [
  MEMORY,
  MIXED,
  restart('sqlite', 1000, startSqliteSite),
  restart('etcd', 3000, startEtcdSite),
]

/** From starting the process to an answer that counts 10,000 devices. */
function restart(
  store: 'sqlite' | 'etcd',
  limit: number,
  start: (endings: Endings) => Promise<SqliteSite | EtcdSite>,
): Benchmark {
  return {
    name: `registry.restart-${store}`,
    unit: 'ms',
    better: 'less',
    goal: { of: 'value', limit },
    peer: 'nothing: the reference knows no device again until it is heard',
    prepare: async ({ endings }) => {
      const site = await start(endings)
      const { load } = site
      const plan = fleet('known', 10_000, 3600)
      await load.create(plan)
      await load.registerAtOnce(plan.prefix, IN_FLIGHT)
      let { registry } = site
      const knowsAll = async () => {
        const devices = await load.describe(plan.prefix).catch(() => 0)
        return devices === plan.count
      }
      return async () => {
        await registry.end('SIGTERM')
        const value = await millisecondsOf(async () => {
          registry = site.startAgain()
          await registry.serving()
          await until('all devices to be known again', knowsAll)
        })
        return { value, peer: null }
      }
    },
  }
}

function fleet(prefix: string, count: number, ttlSeconds: number, recordBytes = 900): FleetPlan {
  return { tenant: 'fleet', prefix, count, ttlSeconds, recordBytes }
}
