// A process that plays thousands of devices on few connections, told by its parent what to do
// (`load-calls.ts`): what makes load must not share an event loop with what is measured or judged.
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { Crowd } from './crowd.ts'
import { Fleet } from './fleet.ts'
import { ROOT, type LoadCalls } from './load-calls.ts'
import { idOf, idsOf, type FleetPlan } from './records.ts'
import { spreadOfTimes } from './times.ts'

const PAGE = 200
const REQUEST_TIMEOUT_MS = 8000

const fleets = new Map<string, Fleet>()
const crowds = new Map<string, Crowd>()
let servers: readonly string[] = []
let connection: NatsConnection | undefined
let up = false

const calls: LoadCalls = {
  connect: async (given) => {
    servers = given.servers
    connection = await connect({
      servers: [...servers],
      maxReconnectAttempts: -1,
      reconnectTimeWait: 200,
      reconnectJitter: 50,
      pingInterval: 5000,
    })
    up = true
    void follow(connection)
    listen(connection)
    await connection.flush()
  },
  create: async (plan) => {
    const fleet = new Fleet(plan, () => (up ? connection : undefined))
    fleet.prepare()
    fleets.set(plan.prefix, fleet)
  },
  crowd: async (plan) => {
    const fleet: Fleet = new Fleet(plan, (index) => crowd.connectionOf(index))
    const crowd = new Crowd(plan, servers, (index) => fleet.isRegistered(index))
    fleets.set(plan.prefix, fleet)
    crowds.set(plan.prefix, crowd)
    await crowd.open()
  },
  returned: async (name) => crowds.get(name)?.returned ?? 0,
  drop: async (name) => {
    await crowds.get(name)?.close()
    crowds.delete(name)
    fleetOf(name).silence()
    fleets.delete(name)
  },
  register: (name, plan) => fleetOf(name).register(plan),
  registerAtOnce: (name, inFlight) => fleetOf(name).registerAtOnce(servers[0] ?? '', inFlight),
  adopt: async (name) => {
    const fleet = fleetOf(name)
    for (let index = 0; index < fleet.plan.count; index += 1) fleet.isRegistered(index)
  },
  beat: async (name, plan) => fleetOf(name).beat(plan),
  silence: async (name) => {
    fleetOf(name).silence()
    await connection?.flush()
  },
  presence: async (name) => fleetOf(name).presence(),
  forget: async (name) => fleetOf(name).forget(),
  list: async (name) => {
    const { plan } = fleetOf(name)
    const seen = new Map<string, number>()
    const startedAt = performance.now()
    const pages = await walk(plan)
    const tookMs = performance.now() - startedAt
    // Afterwards: to read 20 MB takes this process longer than a registry to send them.
    for (const page of pages) {
      const { result } = JSON.parse(page.toString()) as {
        result: { devices: { device_id: string }[] }
      }
      for (const { device_id: deviceId } of result.devices) {
        seen.set(deviceId, (seen.get(deviceId) ?? 0) + 1)
      }
    }
    const own = idsOf(plan)
    const lost = own.filter((deviceId) => !seen.has(deviceId)).length
    const twice = own.filter((deviceId) => (seen.get(deviceId) ?? 0) > 1).length
    return { listed: own.length - lost, lost, twice, tookMs }
  },
  ask: async ({ fleet, count, inFlight }) => {
    const { plan } = fleetOf(fleet)
    const times: number[] = []
    let left = count
    const worker = async () => {
      while (left-- > 0) {
        const deviceId = idOf(plan, Math.floor(Math.random() * plan.count))
        const startedAt = performance.now()
        const { device } = await discover<{ device: unknown }>(plan, 'getDevice', {
          device_id: deviceId,
        })
        if (device === null) throw new Error(`${deviceId} is not known.`)
        times.push(performance.now() - startedAt)
      }
    }
    await Promise.all(Array.from({ length: inFlight }, worker))
    return spreadOfTimes(times)
  },
  describe: async (name) => {
    const { plan } = fleetOf(name)
    type Summary = { total_devices: number }
    return (await discover<Summary>(plan, 'describeFleet', {})).total_devices
  },
}

/** Devices answer when they are asked to register, and hear what is said about them. */
function listen(on: NatsConnection): void {
  on.subscribe(`${ROOT}.*.*.cmd`, {
    callback: (_error, message) => {
      const [, tenant = '', deviceId = ''] = message.subject.split('.')
      const params = fleetFor(tenant, deviceId)?.answerOf(deviceId)
      if (params === undefined) return
      const { id } = message.json<{ id: unknown }>()
      message.respond(JSON.stringify({ jsonrpc: '2.0', id, result: params }))
    },
  })
  on.subscribe(`${ROOT}.*.device.*`, {
    callback: (_error, message) => {
      const [, tenant = '', , what] = message.subject.split('.')
      const { params } = message.json<{ params: { device_id: string } }>()
      const fleet = fleetFor(tenant, params.device_id)
      if (what === 'online') fleet?.heardOnline(params.device_id)
      else fleet?.heardOffline(params.device_id)
    },
  })
}

async function follow(followed: NatsConnection): Promise<void> {
  for await (const { type } of followed.status()) {
    if (type === 'disconnect') up = false
    if (type === 'reconnect') up = true
  }
}

/** Where the next page begins stands behind the devices, in the last bytes of a reply. */
const NEXT_OFFSET = '"next_offset":'

/** The whole replies of a walk in pages. */
async function walk(plan: FleetPlan): Promise<Buffer[]> {
  const pages: Buffer[] = []
  for (let offset = 0; ;) {
    const page = await ask(plan, 'listDevices', { offset, limit: PAGE })
    const at = page.lastIndexOf(NEXT_OFFSET)
    if (at < 0) throw new Error(`The registry refuses to list: ${page.toString()}`)
    pages.push(page)
    const next = Number.parseInt(page.toString('latin1', at + NEXT_OFFSET.length), 10)
    if (Number.isNaN(next)) return pages
    offset = next
  }
}

async function discover<T>(plan: FleetPlan, method: string, params: object): Promise<T> {
  const reply = await ask(plan, method, params)
  const { result } = JSON.parse(reply.toString()) as { result?: T }
  if (result === undefined) {
    throw new Error(`The registry refuses ${method}: ${reply.toString()}`)
  }
  return result
}

async function ask(plan: FleetPlan, method: string, params: object): Promise<Buffer> {
  if (connection === undefined || !up) throw new Error('Not connected.')
  const request = JSON.stringify({ jsonrpc: '2.0', id: 1, method: `discovery/${method}`, params })
  const reply = await connection.request(`${ROOT}.${plan.tenant}.discovery`, request, {
    timeout: REQUEST_TIMEOUT_MS,
  })
  return Buffer.from(reply.data.buffer, reply.data.byteOffset, reply.data.byteLength)
}

function fleetOf(name: string): Fleet {
  const fleet = fleets.get(name)
  if (fleet === undefined) throw new Error(`There is no fleet ${name}.`)
  return fleet
}

function fleetFor(tenant: string, deviceId: string): Fleet | undefined {
  const fleet = fleets.get(deviceId.slice(0, deviceId.lastIndexOf('-')))
  return fleet?.plan.tenant === tenant ? fleet : undefined
}

interface Call {
  readonly id: number
  readonly name: keyof LoadCalls
  readonly given: readonly unknown[]
}

process.on('message', ({ id, name, given }: Call) => {
  const call = calls[name] as (...given: readonly unknown[]) => Promise<unknown>
  call(...given).then(
    (result) => process.send?.({ id, result }),
    (error: unknown) => process.send?.({ id, error: String(error) }),
  )
})
process.once('disconnect', () => process.exit(0))
