import { firstWhere } from '../lib/streams.ts'
import {
  commission,
  createMesh,
  DEMO_TENANT,
  discover,
  openDemoWorld,
  type DemoWorld,
} from './demo-world.ts'

const ONLINE_TIMEOUT_MS = 30_000
const EVENT_TIMEOUT_MS = 30_000
const CALL_TIMEOUT_MS = 5000

interface CheckStep {
  readonly name: string
  run(world: DemoWorld): Promise<string>
}

/** The main job, through the same contract as the window, without a person. */
const STEPS: readonly CheckStep[] = [
  {
    name: 'make a local mesh',
    run: async ({ client }) => {
      await createMesh(client)
      const mesh = await firstWhere(
        (signal) => client.mesh.watch(undefined, { signal }),
        'the mesh to be connected',
        ONLINE_TIMEOUT_MS,
        (update) => (update.mesh.state === 'connected' ? update.mesh : undefined),
      )
      return `nats-server ${mesh.serverVersion}, ${mesh.deviceUrls.join(', ')}`
    },
  },
  {
    name: 'discover by mDNS',
    run: async ({ client, waiting, members }) => {
      const found = await Promise.all(
        [...waiting, ...members].map(({ deviceId }) => discover(client, deviceId)),
      )
      return `${found.length} devices wait`
    },
  },
  {
    name: 'refuse a wrong PIN',
    run: async ({ client, waiting }) => {
      const device = first(waiting)
      const pin = device.pin === '00000000' ? '00000001' : '00000000'
      const refusal = await commission(client, { ...device, pin }).then(
        () => undefined,
        (error: Error) => error.message,
      )
      if (refusal === undefined) throw new Error('A wrong PIN was accepted.')
      return refusal.split('. ')[0] ?? refusal
    },
  },
  {
    name: 'commission by PIN',
    run: async ({ client, waiting }) => {
      const device = first(waiting)
      await commission(client, device)
      return device.deviceId
    },
  },
  {
    name: 'see it online',
    run: async ({ client, waiting }) => {
      const { deviceId } = first(waiting)
      const device = await firstWhere(
        (signal) => client.fleet.watch(undefined, { signal }),
        `${deviceId} to be online`,
        ONLINE_TIMEOUT_MS,
        (update) => {
          const devices = update.type === 'snapshot' ? update.devices : update.upserted
          return devices.find(
            (candidate) => candidate.deviceId === deviceId && candidate.state === 'online',
          )
        },
      )
      return `${device.deviceType}, ${device.location}`
    },
  },
  {
    name: 'read its record',
    run: async ({ client, waiting }) => {
      const { deviceId } = first(waiting)
      const record = await client.fleet.record({ tenant: DEMO_TENANT, deviceId })
      if (record === null) throw new Error('The registry has no record of it.')
      return `${record.functions.length} functions, ${record.events.length} events`
    },
  },
  {
    name: 'call a function',
    run: async ({ client, waiting }) => {
      const outcome = await client.rpc.call({
        tenant: DEMO_TENANT,
        deviceId: first(waiting).deviceId,
        functionName: 'read_climate',
        params: {},
        timeoutMs: CALL_TIMEOUT_MS,
      })
      if (outcome.type !== 'result') throw new Error(`The call ended with ${outcome.type}.`)
      return JSON.stringify(outcome.result)
    },
  },
  {
    name: 'receive an event',
    run: async ({ client, waiting }) => {
      const { deviceId } = first(waiting)
      const event = await firstWhere(
        (signal) => client.events.watch({ tenant: DEMO_TENANT, deviceId }, { signal }),
        `an event of ${deviceId}`,
        EVENT_TIMEOUT_MS,
        (update) => update.events[0],
      )
      return event.name
    },
  },
  {
    name: 'run the greenhouse',
    run: async ({ client, members }) => {
      await Promise.all(members.map((device) => commission(client, device)))
      const event = await firstWhere(
        (signal) => client.events.watch({ tenant: DEMO_TENANT, deviceId: null }, { signal }),
        'the controller to decide on what the sensor says',
        EVENT_TIMEOUT_MS,
        (update) =>
          update.events.find((candidate) => candidate.deviceId === 'irrigation-controller-1'),
      )
      return `controller says ${event.name}`
    },
  },
]

/** Runs the check and prints a line a step; returns the exit code. */
export async function checkDemo(): Promise<number> {
  const world = await timed('start Muster and six devices', async () => {
    const opened = await openDemoWorld(undefined)
    return { value: opened, detail: `pid ${opened.muster.pid}` }
  })
  if (world === undefined) return 1
  try {
    for (const step of STEPS) {
      const done = await timed(step.name, async () => ({
        value: true,
        detail: await step.run(world),
      }))
      if (done === undefined) return 1
    }
    return 0
  } finally {
    await world.close()
  }
}

async function timed<T>(
  name: string,
  work: () => Promise<{ value: T; detail: string }>,
): Promise<T | undefined> {
  const startedAt = performance.now()
  const line = (mark: string, detail: string) => {
    const milliseconds = `${(performance.now() - startedAt).toFixed(0)} ms`
    console.log(`${mark} ${name.padEnd(30)} ${milliseconds.padStart(9)}  ${detail}`)
  }
  try {
    const { value, detail } = await work()
    line('ok  ', detail)
    return value
  } catch (error) {
    line('FAIL', error instanceof Error ? error.message : String(error))
    return undefined
  }
}

function first<T>(list: readonly T[]): T {
  const [head] = list
  if (head === undefined) throw new Error('The demo has no device.')
  return head
}
