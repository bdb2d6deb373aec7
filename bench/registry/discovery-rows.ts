import { setTimeout as pause } from 'node:timers/promises'
import type { FleetLoad } from '../../tests/support/fleet-load/fleet-load.ts'
import type { FleetPlan } from '../../tests/support/fleet-load/records.ts'
import type { Benchmark, Figure, PeerFigure } from '../benchmark.ts'
import { millisecondsOf } from '../measure.ts'
import { REFERENCE, figureOf, seedReference, startReference } from './reference.ts'
import { startSqliteSite } from './site.ts'

/** How long the reference believes in what it read of a fleet, and a little. */
const REFERENCE_CACHE_MS = 2100
const IN_FLIGHT = 64

const FLEET: FleetPlan = {
  tenant: 'fleet',
  prefix: 'wide',
  count: 10_000,
  ttlSeconds: 3600,
  recordBytes: 2048,
}

const lessThan = (name: string, limit: number): Figure => ({
  name,
  unit: 'ms',
  better: 'less',
  goal: { of: 'ratio', limit },
  peer: REFERENCE,
})

const WARM = lessThan('registry.walk-warm', 1 / 3)
const DESCRIBE = lessThan('registry.describe-fleet', 1 / 50)

/** Walks beforehand: registries run for weeks, and are compiled by then. */
const WALKS_BEFORE = 5

/**
 * All devices in pages, as a console does. Cold: nobody asked for as long as the reference remembers
 * what it read, with ours as with the reference.
 */
const WALK: Benchmark = {
  ...lessThan('registry.walk-cold', 1 / 10),
  further: [WARM, DESCRIBE],
  prepare: async ({ endings }) => {
    const { load } = await startSqliteSite(endings)
    await load.create(FLEET)
    await load.registerAtOnce(FLEET.prefix, IN_FLIGHT)
    const reference = await startReference(endings)
    if (!('notRun' in reference)) {
      await reference.load.create(FLEET)
      await seedReference(reference, FLEET)
    }
    const cold = async (work: (load: FleetLoad) => Promise<number>): Promise<PeerFigure> =>
      figureOf(reference, async (peer) => {
        await pause(REFERENCE_CACHE_MS)
        return work(peer.load)
      })
    for (const one of 'notRun' in reference ? [load] : [load, reference.load]) {
      for (let walks = 0; walks < WALKS_BEFORE; walks += 1) await walk(one)
    }
    return async () => {
      await pause(REFERENCE_CACHE_MS)
      const value = await walk(load)
      const warm = await walk(load)
      const described = await describeFleet(load)
      return {
        value,
        peer: await cold(walk),
        further: {
          [WARM.name]: { value: warm, peer: await figureOf(reference, (peer) => walk(peer.load)) },
          [DESCRIBE.name]: { value: described, peer: await cold(describeFleet) },
        },
      }
    }
  },
}

/** The very first walk of a process. */
const JUST_STARTED: Benchmark = {
  name: 'registry.walk-just-started',
  unit: 'ms',
  better: 'less',
  goal: null,
  peer: 'nothing',
  prepare: async ({ endings }) => {
    const site = await startSqliteSite(endings)
    const { load } = site
    await load.create(FLEET)
    await load.registerAtOnce(FLEET.prefix, IN_FLIGHT)
    let { registry } = site
    return async () => {
      await registry.end('SIGTERM')
      registry = site.startAgain()
      await registry.serving()
      return { value: await walk(load), peer: null }
    }
  },
}

async function walk(load: FleetLoad): Promise<number> {
  const { lost, twice, tookMs } = await load.list(FLEET.prefix)
  if (lost + twice > 0) throw new Error(`A walk lost ${lost} and saw ${twice} twice.`)
  return tookMs
}

async function describeFleet(load: FleetLoad): Promise<number> {
  let devices = 0
  const tookMs = await millisecondsOf(async () => {
    devices = await load.describe(FLEET.prefix)
  })
  if (devices !== FLEET.count) throw new Error(`The summary counts ${devices} devices.`)
  return tookMs
}

/** As many as the reference can take in beside its other work. */
const BEATING: FleetPlan = { tenant: 'fleet', prefix: 'beating', count: 2000, ttlSeconds: 60 }
const BEAT_EVERY_MS = 5000
const CHANGING_SHARE = 0.1
const QUESTIONS = 1000

const P99 = lessThan('registry.get-device-p99', 1 / 5)

/** Single devices asked for while 400 heartbeats a second come in, a tenth of which change something. */
const GET_DEVICE: Benchmark = {
  ...lessThan('registry.get-device-p50', 1 / 5),
  further: [P99],
  prepare: async ({ endings }) => {
    const site = await startSqliteSite(endings)
    const reference = await startReference(endings)
    const loads = 'notRun' in reference ? [site.load] : [site.load, reference.load]
    for (const load of loads) {
      await load.create(BEATING)
      await load.registerAtOnce(BEATING.prefix, IN_FLIGHT)
    }
    const ask = async (load: FleetLoad) => {
      await load.beat(BEATING.prefix, { everyMs: BEAT_EVERY_MS, changing: CHANGING_SHARE })
      const times = await load.ask({ fleet: BEATING.prefix, count: QUESTIONS, inFlight: 1 })
      await load.silence(BEATING.prefix)
      return times
    }
    return async () => {
      const ours = await ask(site.load)
      const theirs = 'notRun' in reference ? reference : await ask(reference.load)
      return {
        value: ours.p50,
        peer: 'notRun' in theirs ? theirs : theirs.p50,
        further: {
          [P99.name]: { value: ours.p99, peer: 'notRun' in theirs ? theirs : theirs.p99 },
        },
      }
    }
  },
}

export const DISCOVERY_ROWS: readonly Benchmark[] = [WALK, JUST_STARTED, GET_DEVICE]
