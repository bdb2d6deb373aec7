import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { EtcdGateway } from '../../tests/support/etcd-gateway.ts'
import type { FleetLoad } from '../../tests/support/fleet-load/fleet-load.ts'
import type { FleetPlan } from '../../tests/support/fleet-load/records.ts'
import type { Benchmark, Figure } from '../benchmark.ts'
import type { Endings } from '../endings.ts'
import { REFERENCE, startReference, type Reference } from './reference.ts'
import { startEtcdSite, startSqliteSite } from './site.ts'

const TENANT = 'fleet'
const IN_FLIGHT = 64
/** It takes these five seconds on two cores; more would not change its rate. */
const REFERENCE_DEVICES = 500
const STORED_TIMEOUT_MS = 20_000
/** How often to look: a thousand devices take less than 100 ms. */
const LOOK_EVERY_MS = 2
/** Longer than a benchmark: no device may go while others are measured. */
const TTL_SECONDS = 3600

interface Side {
  readonly load: FleetLoad
  /** Records in the store. */
  stored(): Promise<number>
}

interface Rate {
  readonly perSecond: number
  readonly p99: number
}

const ETCD_GOAL = 10
const SQLITE_GOAL = 40

export const REGISTRATIONS: readonly Benchmark[] = [
  registrations('sqlite', 1000, SQLITE_GOAL, sqliteSide),
  registrations('sqlite', 10_000, SQLITE_GOAL, sqliteSide),
  registrations('etcd', 1000, ETCD_GOAL, etcdSide),
  registrations('etcd', 10_000, ETCD_GOAL, etcdSide),
]

/** New devices that all come at once, as after a power cut; over when every one is in the store. */
function registrations(
  store: 'sqlite' | 'etcd',
  devices: number,
  limit: number,
  start: (endings: Endings) => Promise<Side>,
): Benchmark {
  const name = `registry.registrations-${store}-${devices}`
  const late: Figure = {
    name: `${name}-p99`,
    unit: 'ms',
    better: 'less',
    goal: { of: 'ratio', limit: 1 },
    peer: REFERENCE,
  }
  return {
    name,
    unit: '/s',
    better: 'more',
    goal: { of: 'ratio', limit },
    peer: REFERENCE,
    further: [late],
    prepare: async ({ endings }) => {
      const side = await start(endings)
      const reference = await startReference(endings)
      let taken = 0
      return async () => {
        taken += 1
        const ours = await registerAll(side, fleet(`fleet${taken}`, devices), taken * devices)
        const theirs = await referenceRate(reference, taken)
        return {
          value: ours.perSecond,
          peer: 'notRun' in theirs ? theirs : theirs.perSecond,
          further: {
            [late.name]: { value: ours.p99, peer: 'notRun' in theirs ? theirs : theirs.p99 },
          },
        }
      }
    },
  }
}

async function sqliteSide(endings: Endings): Promise<Side> {
  const { load, databasePath } = await startSqliteSite(endings)
  const database = new DatabaseSync(databasePath, { readOnly: true })
  endings.add(database, (it) => it.close())
  const count = database.prepare('SELECT count(*) AS rows FROM registry_devices')
  return { load, stored: async () => Number(count.get()?.['rows']) }
}

async function etcdSide(endings: Endings): Promise<Side> {
  const { load, etcd } = await startEtcdSite(endings)
  const gateway = new EtcdGateway(etcd.url)
  return { load, stored: () => gateway.count(`/device-connect/${TENANT}/devices/`) }
}

async function referenceRate(
  reference: Reference | { readonly notRun: string },
  taken: number,
): Promise<Rate | { readonly notRun: string }> {
  if ('notRun' in reference) return reference
  const { load, gateway } = reference
  const side = { load, stored: () => gateway.count(`/device-connect/${TENANT}/devices/`) }
  const plan = fleet(`fleet${taken}`, REFERENCE_DEVICES)
  return registerAll(side, plan, taken * REFERENCE_DEVICES)
}

async function registerAll(side: Side, plan: FleetPlan, stored: number): Promise<Rate> {
  await side.load.create(plan)
  const startedAt = performance.now()
  const { failed, times } = await side.load.registerAtOnce(plan.prefix, IN_FLIGHT)
  if (failed > 0) throw new Error(`${failed} of ${plan.count} registrations failed.`)
  while ((await side.stored()) < stored) {
    if (performance.now() - startedAt > STORED_TIMEOUT_MS) {
      throw new Error(`${stored} records are not stored.`)
    }
    await pause(LOOK_EVERY_MS)
  }
  const tookMs = performance.now() - startedAt
  await side.load.drop(plan.prefix)
  return { perSecond: (plan.count * 1000) / tookMs, p99: times.p99 }
}

function fleet(prefix: string, count: number): FleetPlan {
  return { tenant: TENANT, prefix, count, ttlSeconds: TTL_SECONDS }
}
