import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatPin } from '#shared/protocol/pin.ts'
import type { DiscoveredDevice } from '#shared/contract/discovery.ts'
import { SimulatorPlan } from '../../src/simulator/plan.ts'
import { startSimulation, type Simulation } from '../../src/simulator/simulation.ts'
import type { Client } from '../lib/contract-client.ts'
import { startMuster, type MusterProcess } from '../lib/muster-process.ts'
import { firstWhere } from '../lib/streams.ts'

export const DEMO_TENANT = 'greenhouse'

const DISCOVER_TIMEOUT_MS = 20_000
const COMMISSION_TIMEOUT_MS = 60_000
/** Devices of the demo answer fast; a real one hashes its PIN at 12. */
const BCRYPT_COST = 8

const MEMBERS = [
  { kind: 'soil-sensor', deviceId: 'soil-sensor-1' },
  { kind: 'irrigation-pump', deviceId: 'irrigation-pump-1' },
  { kind: 'irrigation-controller', deviceId: 'irrigation-controller-1' },
] as const

const WAITING = [
  { kind: 'climate-node', deviceId: 'climate-node-1' },
  { kind: 'grow-light', deviceId: 'grow-light-1' },
  { kind: 'gate-lock', deviceId: 'gate-lock-1' },
] as const

/** A device that waits, and the PIN that its label would carry. */
export interface LabelledDevice {
  readonly deviceId: string
  readonly pin: string
}

/** A throwaway Muster with a local mesh, and six devices around it. */
export interface DemoWorld {
  readonly muster: MusterProcess
  readonly client: Client
  /** Devices that nobody commissioned yet. */
  readonly waiting: readonly LabelledDevice[]
  /** The three of the greenhouse, which `populate` commissions. */
  readonly members: readonly LabelledDevice[]
  readonly browserFolder: string
  close(): Promise<void>
}

/** Starts Muster on a profile in a temporary folder, and the devices, each with a PIN of its own. */
export async function openDemoWorld(electron: string | undefined): Promise<DemoWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-demo-'))
  const endings: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })]
  const close = async () => {
    for (let end = endings.pop(); end !== undefined; end = endings.pop()) await end()
  }
  try {
    const members = MEMBERS.map((device) => ({ ...device, pin: newPin() }))
    const waiting = WAITING.map((device) => ({ ...device, pin: newPin() }))
    const simulation = await startDevices([...members, ...waiting])
    endings.push(() => simulation.stop())
    const started = await startMuster({ profile: join(folder, 'profile'), demo: true, electron })
    endings.push(() => started.close())
    const { muster, client } = started
    return { muster, client, waiting, members, browserFolder: join(folder, 'browser'), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Makes the local mesh and commissions the greenhouse, the way a person would. */
export async function populate(world: DemoWorld): Promise<void> {
  await createMesh(world.client)
  await Promise.all(world.members.map((device) => commission(world.client, device)))
}

/** Makes the local mesh with the demo's tenant, for this computer only. */
export async function createMesh(client: Client): Promise<void> {
  await client.mesh.createLocal({
    dialect: 'device-connect',
    tenant: DEMO_TENANT,
    reach: { kind: 'loopback' },
  })
}

/** Waits until mDNS shows a device. */
export function discover(client: Client, deviceId: string): Promise<DiscoveredDevice> {
  return firstWhere(
    (signal) => client.discovery.watch(undefined, { signal }),
    `${deviceId} to be discovered`,
    DISCOVER_TIMEOUT_MS,
    (update) => {
      const devices = update.type === 'snapshot' ? update.devices : update.upserted
      return devices.find(
        (device) => device.deviceId === deviceId && device.state === 'uncommissioned',
      )
    },
  )
}

/** Discovers, inspects and commissions a device, and waits until it is online. */
export async function commission(client: Client, { deviceId, pin }: LabelledDevice): Promise<void> {
  const { key } = await discover(client, deviceId)
  const { publicKey } = await client.commissioning.inspect({ key })
  const { id } = await client.commissioning.start({
    key,
    pin: formatPin(pin),
    tenant: DEMO_TENANT,
    publicKey,
  })
  await firstWhere(
    (signal) => client.commissioning.watch(undefined, { signal }),
    `${deviceId} to be commissioned`,
    COMMISSION_TIMEOUT_MS,
    (update) => {
      const jobs = update.type === 'snapshot' ? update.jobs : [update.job]
      const job = jobs.find((candidate) => candidate.id === id)
      if (job !== undefined && job.problem !== null)
        throw new Error(`${job.problem.message} ${job.problem.advice}`)
      return job?.state === 'done' ? job : undefined
    },
  )
}

function startDevices(
  devices: readonly { kind: string; deviceId: string; pin: string }[],
): Promise<Simulation> {
  const uncommissioned = devices.map((device) => ({
    ...device,
    bcryptCost: BCRYPT_COST,
    updatesCredentials: true,
  }))
  const plan = SimulatorPlan.parse({ uncommissioned, speed: 4 })
  return startSimulation(plan, (message) => {
    if (message.type === 'warning' || message.type === 'failed') console.warn(message.message)
  })
}

function newPin(): string {
  return String(randomInt(0, 100_000_000)).padStart(8, '0')
}
