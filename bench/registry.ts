import { join } from 'node:path'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import {
  startSidecar,
  whenServing,
  type RunningSidecar,
} from '../tests/integration/registry/running-sidecar.ts'
import { startNatsServer } from '../tests/support/nats-server.ts'
import { deviceParams } from '../tests/support/registry-parts.ts'
import type { Benchmark } from './benchmark.ts'
import type { Endings } from './endings.ts'
import { BEATS, DEVICE_IDS, HeartbeatSender, unchangedBeats } from './heartbeat-burst.ts'
import { perSecond } from './measure.ts'
import { startProcess } from './processes/start-process.ts'
import { DISCOVERY_ROWS } from './registry/discovery-rows.ts'
import { LOAD_ROWS } from './registry/load-rows.ts'
import { PRESENCE_ROWS } from './registry/presence-rows.ts'
import { REGISTRATIONS } from './registry/registrations.ts'

const BARE_SUBSCRIBER = join(import.meta.dirname, 'processes', 'bare-subscriber.ts')

/** The registry's devices and the bare subscriber's, on one server. */
const TENANT = 'fleet'
const BARE_TENANT = 'bare'

const IN_FLIGHT = 64
const REGISTER_TIMEOUT_MS = 20_000
/** Longer than the benchmark: no device may count as offline while others are measured. */
const DEVICE_TTL_SECONDS = 3600

/** Heartbeats in which nothing changed: nearly all that a registry gets. */
const HEARTBEATS: Benchmark = {
  name: 'registry.heartbeats',
  unit: '/s',
  better: 'more',
  goal: { of: 'ratio', limit: 0.4 },
  peer: 'a bare NATS subscriber that parses each, on the same server',
  prepare: async ({ endings }) => {
    const { url, sidecar, client } = await startRegistry(endings)
    await startProcess(BARE_SUBSCRIBER, endings, { args: [url, BARE_TENANT] })
    await inFlight(DEVICE_IDS.length, (index) => register(client, DEVICE_IDS[index] ?? ''))
    const sender = endings.add(await HeartbeatSender.open(url), (it) => it.close())
    // The first heartbeat of each device is read as a whole; from then on nothing changes.
    await sendToRegistry(sender, unchangedBeats(TENANT, DEVICE_IDS.length))
    const beats = unchangedBeats(TENANT, BEATS)
    const bareBeats = unchangedBeats(BARE_TENANT, BEATS)
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
      return { value, peer }
    }
  },
}

export const REGISTRY_BENCHMARKS: readonly Benchmark[] = [
  HEARTBEATS,
  ...REGISTRATIONS,
  ...DISCOVERY_ROWS,
  ...LOAD_ROWS,
  ...PRESENCE_ROWS,
]

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
