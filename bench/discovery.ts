import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import makeMdns from 'multicast-dns'
import { connectClient } from '../scripts/lib/contract-client.ts'
import { startBrowserServer } from '../src/main/browser/server.ts'
import { DiscoveryService } from '../src/main/discovery/discovery-service.ts'
import { silentLogger } from '../src/main/log/logger.ts'
import { createRouter } from '../src/main/router/router.ts'
import { scriptedServices } from '../tests/support/scripted-services.ts'
import type { Benchmark, PeerFigure, Sample } from './benchmark.ts'
import type { Endings } from './endings.ts'
import { startProcess } from './processes/start-process.ts'

const WAITING_DEVICES = join(import.meta.dirname, 'processes', 'waiting-devices.ts')
const DEVICES = 100
const LOOPBACK = '127.0.0.1'
const DEADLINE_MS = 20_000
/** RFC 6762, section 6: nobody multicasts a record again within a second. */
const QUIET_MS = 1200

/** How long after its start discovery lists the first, or all, of a hundred devices on one LAN. */
function discovering(name: string, wanted: number, limitMs: number): Benchmark {
  return {
    name,
    unit: 'ms',
    better: 'less',
    goal: { of: 'value', limit: limitMs },
    peer: 'one bare query with multicast-dns, until as many PTR answers came',
    prepare: async ({ endings }) => {
      const service = await startWaitingDevices(endings)
      return async (): Promise<Sample> => {
        await pause(QUIET_MS)
        const value = await endings.within((inner) => timeToList(service, wanted, inner))
        await pause(QUIET_MS)
        return {
          value,
          peer: await endings.within((inner) => timeToAnswers(service, wanted, inner)),
        }
      }
    },
  }
}

export const DISCOVERY_BENCHMARKS: readonly Benchmark[] = [
  discovering('discovery.first', 1, 1000),
  discovering('discovery.hundred', DEVICES, 3000),
]

/** @returns the service type, which nobody else on this machine looks for. */
async function startWaitingDevices(endings: Endings): Promise<string> {
  const service = `_b${randomBytes(5).toString('hex')}._tcp.local`
  await startProcess(WAITING_DEVICES, endings, { args: [service, String(DEVICES), 'bench'] })
  return service
}

/** Milliseconds from the start of discovery until a client of the contract lists the devices. */
async function timeToList(service: string, wanted: number, endings: Endings): Promise<number> {
  const discovery = new DiscoveryService({
    dialect: { mdnsService: service },
    interfaces: [LOOPBACK],
    log: silentLogger(),
    probe: () => Promise.reject(new Error('Nobody adds an address here.')),
  })
  endings.add(discovery, (it) => it.close())
  const client = await openContract(discovery, endings)
  const reading = endings.add(new AbortController(), (it) => it.abort())
  const signal = AbortSignal.any([reading.signal, AbortSignal.timeout(DEADLINE_MS)])
  const updates = await client.discovery.watch(undefined, { signal })
  await updates.next()
  const startedAt = performance.now()
  discovery.start()
  const listed = new Set<string>()
  for await (const update of updates) {
    const devices = update.type === 'snapshot' ? update.devices : update.upserted
    for (const { deviceId, reachable } of devices) if (reachable) listed.add(deviceId)
    if (listed.size >= wanted) return performance.now() - startedAt
  }
  throw new Error(`The stream of devices ended after ${listed.size} of ${wanted}.`)
}

/** The app's own way to a window: router, browser host, WebSocket; nothing but discovery behind it. */
async function openContract(discovery: DiscoveryService, endings: Endings) {
  const { services } = scriptedServices()
  const server = await startBrowserServer({
    router: createRouter({ ...services, discovery }, { onInternalError: () => undefined }),
    files: new Map(),
    port: 0,
    log: silentLogger(),
  })
  endings.add(server, (it) => it.close())
  const { client } = endings.add(await connectClient(server.mintUrl()), (it) => it.close())
  return client
}

/** Milliseconds from opening a bare mDNS socket until as many devices answered its one query. */
async function timeToAnswers(
  service: string,
  wanted: number,
  endings: Endings,
): Promise<PeerFigure> {
  const startedAt = performance.now()
  const mdns = makeMdns({ interface: LOOPBACK, bind: '0.0.0.0' })
  endings.add(mdns, (it) => new Promise<void>((closed) => it.destroy(closed)))
  const { promise, resolve } = Promise.withResolvers<PeerFigure>()
  const heard = new Set<string>()
  mdns.on('response', ({ answers = [] }) => {
    for (const answer of answers) {
      if (answer.type === 'PTR' && answer.name === service) heard.add(answer.data)
    }
    if (heard.size >= wanted) resolve(performance.now() - startedAt)
  })
  mdns.on('ready', () => mdns.query(service, 'PTR'))
  const late = () =>
    resolve({ notRun: `only ${heard.size} of ${wanted} answers came within ${DEADLINE_MS} ms` })
  const timer = setTimeout(late, DEADLINE_MS)
  endings.add(timer, clearTimeout)
  return promise
}
