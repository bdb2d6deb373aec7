import { join } from 'node:path'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import {
  startSidecar,
  whenServing,
  type RunningSidecar,
} from '../tests/integration/registry/running-sidecar.ts'
import { idsOf, type FleetPlan } from '../tests/support/fleet-load/records.ts'
import { startNatsServer } from '../tests/support/nats-server.ts'
import { deviceParams } from '../tests/support/registry-parts.ts'
import { until } from '../tests/support/until.ts'
import type { Benchmark, Figure } from './benchmark.ts'
import type { Endings } from './endings.ts'
import { BEATS, DEVICE_IDS, HeartbeatSender, unchangedBeats } from './heartbeat-burst.ts'
import { perSecond } from './measure.ts'
import { startProcess } from './processes/start-process.ts'
import { DISCOVERY_ROWS } from './registry/discovery-rows.ts'
import { ETCD_ROWS } from './registry/etcd-rows.ts'
import { GROWTH } from './registry/growth.ts'
import { LOAD_ROWS } from './registry/load-rows.ts'
import { PRESENCE_ROWS } from './registry/presence-rows.ts'
import { REFERENCE, figureOf, startReference, type Reference } from './registry/reference.ts'
import { REGISTRATIONS } from './registry/registrations.ts'

const BARE_SUBSCRIBER = join(import.meta.dirname, 'processes', 'bare-subscriber.ts')

/** The registry's devices and the bare subscriber's, on one server. */
const TENANT = 'fleet'
const BARE_TENANT = 'bare'

const IN_FLIGHT = 64
const REGISTER_TIMEOUT_MS = 20_000
/** Longer than the benchmark: no device may count as offline while others are measured. */
const DEVICE_TTL_SECONDS = 3600

const AGAINST_REFERENCE: Figure = {
  name: 'registry.heartbeats-vs-reference',
  unit: '/s',
  better: 'more',
  goal: { of: 'ratio', limit: 200 },
  peer: REFERENCE,
}

/** Heartbeats in which nothing changed: nearly all that a registry gets. */
const HEARTBEATS: Benchmark = {
  name: 'registry.heartbeats',
  unit: '/s',
  better: 'more',
  goal: { of: 'ratio', limit: 0.4 },
  peer: 'a bare NATS subscriber that parses each, on the same server',
  further: [AGAINST_REFERENCE],
  prepare: async ({ endings }) => {
    const { url, sidecar, client } = await startRegistry(endings)
    await startProcess(BARE_SUBSCRIBER, endings, { args: [url, BARE_TENANT] })
    await inFlight(DEVICE_IDS.length, (index) => register(client, DEVICE_IDS[index] ?? ''))
    const sender = endings.add(await HeartbeatSender.open(url), (it) => it.close())
    // The first heartbeat of each device is read as a whole; from then on nothing changes.
    await sendToRegistry(sender, unchangedBeats(TENANT, DEVICE_IDS.length))
    const beats = unchangedBeats(TENANT, BEATS)
    const bareBeats = unchangedBeats(BARE_TENANT, BEATS)
    const reference = await startReference(endings)
    const theirs =
      'notRun' in reference ? undefined : await referenceBeats(endings, reference, REFERENCE_FLEET)
    let heardByBare = 0
    return async () => {
      const before = await sidecar.freshStats()
      const value = await perSecond(BEATS, () => sendToRegistry(sender, beats))
      requireAllTaken(before, await sidecar.freshStats())
      const peer = await perSecond(BEATS, async () => {
        const heard = Number(
          await sender.send(bareBeats, `device-connect.${BARE_TENANT}.count`, ''),
        )
        if (heard - heardByBare !== BEATS) throw new Error('The bare subscriber lost heartbeats.')
        heardByBare = heard
      })
      const slow = await figureOf(reference, async () => theirs?.() ?? Number.NaN)
      return { value, peer, further: { [AGAINST_REFERENCE.name]: { value, peer: slow } } }
    }
  },
}

export const REGISTRY_BENCHMARKS: readonly Benchmark[] = [
  HEARTBEATS,
  ...REGISTRATIONS,
  ...ETCD_ROWS,
  ...DISCOVERY_ROWS,
  ...LOAD_ROWS,
  ...PRESENCE_ROWS,
  GROWTH,
]

const REFERENCE_FLEET: FleetPlan = {
  tenant: TENANT,
  prefix: 'device',
  count: 500,
  ttlSeconds: DEVICE_TTL_SECONDS,
}
const REFERENCE_BEATS = 2000
const REFERENCE_TIMEOUT_MS = 30_000

/** What measures how many unchanged heartbeats a second the reference works off. */
async function referenceBeats(
  endings: Endings,
  { nats, gateway, load }: Reference,
  plan: FleetPlan,
): Promise<() => Promise<number>> {
  await load.create(plan)
  await load.registerAtOnce(plan.prefix, IN_FLIGHT)
  const sender = endings.add(await HeartbeatSender.open(nats.url), (it) => it.close())
  const ids = idsOf(plan)
  const key = `/device-connect/${TENANT}/devices/${ids[0]}`
  let marks = 0
  /** It works off one after the other, so it is through with them when the one behind them shows. */
  const send = async (beats: Buffer) => {
    marks += 1
    const mark = `mark-${marks}`
    sender.push(beats)
    const marked = { device_id: ids[0], ts: 1, availability: mark }
    const text = JSON.stringify(marked)
    const subject = `device-connect.${TENANT}.${ids[0]}.heartbeat`
    sender.push(Buffer.from(`PUB ${subject} ${text.length}\r\n${text}\r\n`))
    const worked = async () => (await gateway.range(key)).get(key)?.includes(mark) === true
    await until('the reference to work off heartbeats', worked, REFERENCE_TIMEOUT_MS)
  }
  await send(unchangedBeats(TENANT, ids.length, ids))
  return () => perSecond(REFERENCE_BEATS, () => send(unchangedBeats(TENANT, REFERENCE_BEATS, ids)))
}

async function startRegistry(
  endings: Endings,
): Promise<{ url: string; sidecar: RunningSidecar; client: NatsConnection }> {
  const { url } = endings.add(await startNatsServer(), (it) => it.stop())
  const sidecar = await startSidecar([url], { tenants: [TENANT] })
  endings.add(sidecar, (it) => it.close())
  await whenServing(sidecar.supervisor)
  const client = endings.add(await connect({ servers: url }), (it) => it.close())
  return { url, sidecar, client }
}

async function register(client: NatsConnection, deviceId: string): Promise<void> {
  const params = deviceParams(deviceId, { device_ttl: DEVICE_TTL_SECONDS })
  const request = JSON.stringify({ jsonrpc: '2.0', id: deviceId, method: 'registerDevice', params })
  const options = { timeout: REGISTER_TIMEOUT_MS }
  const reply = await client.request(`device-connect.${TENANT}.registry`, request, options)
  const { result } = reply.json<{ result?: { status: string } }>()
  if (result?.status !== 'registered') throw new Error(`The registry refused: ${reply.string()}`)
}

/** Does `count` things, `IN_FLIGHT` of them at a time. */
async function inFlight(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    for (let index = next++; index < count; index = next++) await work(index)
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker))
}

async function sendToRegistry(sender: HeartbeatSender, beats: Buffer): Promise<void> {
  const request = JSON.stringify({
    jsonrpc: '2.0',
    id: 'behind-the-last-heartbeat',
    method: 'discovery/getDevice',
    params: { device_id: DEVICE_IDS[0] },
  })
  await sender.send(beats, `device-connect.${TENANT}.discovery`, request)
}

type Stats = Readonly<Record<string, number>>

function requireAllTaken(before: Stats, after: Stats): void {
  const grown = (name: string) => (after[name] ?? 0) - (before[name] ?? 0)
  if (grown('heartbeats') === BEATS && grown('heartbeatsUnchanged') === BEATS) return
  throw new Error(
    `Of ${BEATS} heartbeats the registry took ${grown('heartbeats')}, ${grown('heartbeatsUnchanged')} of them as unchanged.`,
  )
}
