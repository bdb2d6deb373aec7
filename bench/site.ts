import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { createMesh, DEMO_TENANT, type LabelledDevice } from '../scripts/demo/demo-world.ts'
import type { Client } from '../scripts/lib/contract-client.ts'
import { startMuster } from '../scripts/lib/muster-process.ts'
import { firstWhere } from '../scripts/lib/streams.ts'
import { answerChallenge } from '../src/main/mesh/user-credentials.ts'
import type { SimulatorPlanInput } from '../src/simulator/plan.ts'
import type { Endings } from './endings.ts'
import { startProcess } from './processes/start-process.ts'

const SIMULATOR = resolve(import.meta.dirname, '../src/simulator/run.ts')
const REGISTRY_TIMEOUT_MS = 30_000
const PIN = '48151623'

/** A Muster of its own with a local mesh, and simulated devices in another process. */
export interface Site {
  /** A client of the contract over the browser host's WebSocket. */
  readonly client: Client
  readonly tenant: string
  /** All wait to be commissioned. */
  readonly devices: readonly LabelledDevice[]
  /** Connects to the mesh as a device that was commissioned, with nothing of ours in between. */
  connectAs(deviceId: string): Promise<NatsConnection>
}

export interface SiteOptions {
  readonly devices: number
  /** Logarithm of the rounds in which a device hashes a PIN. */
  readonly bcryptCost: number
}

/** Starts a site; the built app, as a person's, from `out/`. */
export async function openSite(endings: Endings, options: SiteOptions): Promise<Site> {
  const folder = await endings.temporaryFolder()
  const devicesFolder = join(folder, 'devices')
  const devices = await startDevices(devicesFolder, endings, options)
  const { client } = endings.add(
    await startMuster({ profile: join(folder, 'profile'), demo: true }),
    (it) => it.close(),
  )
  await createMesh(client)
  await registryServes(client)
  return {
    client,
    tenant: DEMO_TENANT,
    devices,
    connectAs: (deviceId) => connectAs(devicesFolder, deviceId),
  }
}

/** A mesh that was made this moment has no registry yet, and devices wait for it by seconds. */
async function registryServes(client: Client): Promise<void> {
  await firstWhere(
    (signal) => client.health.watch(undefined, { signal }),
    'the registry to serve',
    REGISTRY_TIMEOUT_MS,
    (update) => {
      if (update.type === 'notice') return undefined
      const components = update.type === 'snapshot' ? update.components : [update.component]
      return components.find(({ name, state }) => name === 'registry' && state === 'ok')
    },
  )
}

async function startDevices(
  folder: string,
  endings: Endings,
  { devices, bcryptCost }: SiteOptions,
): Promise<LabelledDevice[]> {
  // Other Musters may look around on this machine's loopback at the same time.
  const prefix = `bench-${randomBytes(4).toString('hex')}`
  const waiting = Array.from({ length: devices }, (_, index) => ({
    deviceId: `${prefix}-${index}`,
    pin: PIN,
  }))
  const plan: SimulatorPlanInput = {
    uncommissioned: waiting.map((device) => ({
      ...device,
      kind: 'climate-node',
      bcryptCost,
      folder,
    })),
  }
  const isReady = (message: unknown) =>
    typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready'
  await startProcess(SIMULATOR, endings, { message: plan, isReady })
  return waiting
}

interface StoredCredentials {
  readonly nats: { readonly urls: readonly string[]; readonly jwt: string }
}
interface StoredIdentity {
  readonly nkey: { readonly seed: string }
}

async function connectAs(folder: string, deviceId: string): Promise<NatsConnection> {
  const read = async <T>(name: string): Promise<T> =>
    JSON.parse(await readFile(join(folder, `${deviceId}.${name}.json`), 'utf8')) as T
  const { nats } = await read<StoredCredentials>('creds')
  const { nkey } = await read<StoredIdentity>('identity')
  const credentials = {
    jwt: nats.jwt,
    seed: nkey.seed,
    inboxPrefix: '_INBOX',
    expiresAt: null,
  }
  return connect({
    servers: [...nats.urls],
    authenticator: (nonce) => answerChallenge(credentials, nonce),
    reconnect: false,
  })
}
