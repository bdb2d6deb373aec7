import { randomInt } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CommissioningJob, DeviceInspection } from '#shared/contract/commissioning.ts'
import type { FleetDevice } from '#shared/contract/fleet.ts'
import { formatPin } from '#shared/protocol/pin.ts'
import type { Client } from '../../scripts/lib/contract-client.ts'
import { startMuster, type MusterProcess } from '../../scripts/lib/muster-process.ts'
import { firstWhere } from '../../scripts/lib/streams.ts'
import { createIdentity } from '../../src/simulator/factory-identity.ts'
import { freeTcpPort } from '../support/free-tcp-port.ts'
import { PythonProgram } from './python-program.ts'

const PATIENCE_MS = 60_000

/** Who made the device's key: its factory, or nobody yet. */
type KeyOrigin = 'factory' | 'none'

/** A reference device: its box, its label and the program in it. */
export interface ReferenceDevice {
  readonly deviceId: string
  /** As on the label, `1234-5678`. */
  readonly pin: string
  /** Of its commissioning server, `host:port`. */
  readonly address: string
  readonly publicKey: string | null
  readonly seed: string | null
  readonly identityFile: string
  readonly credentialsFile: string
  readonly program: PythonProgram
}

export interface DeviceOrder {
  readonly deviceId: string
  /** A driver of `python/drivers.py`. */
  readonly kind: 'soil-sensor' | 'irrigation-pump' | 'irrigation-controller'
  readonly key: KeyOrigin
  /** The script it runs: `device.py` unless told. */
  readonly script?: string
  readonly environment?: NodeJS.ProcessEnv
}

/**
 * A built Muster with a local mesh, driven through its contract as its window drives it, and
 * devices and tools of the reference around it.
 */
export class InteropSite {
  readonly client: Client
  readonly muster: MusterProcess
  readonly folder: string
  readonly #python: string
  readonly #closeMuster: () => Promise<void>
  readonly #programs: PythonProgram[] = []

  private constructor(
    python: string,
    folder: string,
    started: Awaited<ReturnType<typeof startMuster>>,
  ) {
    this.#python = python
    this.folder = folder
    this.client = started.client
    this.muster = started.muster
    this.#closeMuster = () => started.close()
  }

  /** Starts it, with these tenants, each in an account of its own. */
  static async open(python: string, tenants: readonly [string, ...string[]]): Promise<InteropSite> {
    const folder = await mkdtemp(join(tmpdir(), 'muster-interop-'))
    const started = await startMuster({ profile: join(folder, 'profile'), demo: true })
    const site = new InteropSite(python, folder, started)
    try {
      const [tenant, ...others] = tenants
      const local = { dialect: 'device-connect', tenant, reach: { kind: 'loopback' } } as const
      await site.client.mesh.createLocal(local)
      for (const name of others) await site.client.tenants.create({ name })
      return site
    } catch (error) {
      await site.close()
      throw error
    }
  }

  /** Where devices and tools find the mesh. */
  async meshUrl(): Promise<string> {
    return firstWhere(
      (signal) => this.client.mesh.watch(undefined, { signal }),
      'the mesh to be connected',
      PATIENCE_MS,
      ({ mesh }) => (mesh.state === 'connected' ? mesh.deviceUrls[0] : undefined),
    )
  }

  /** Runs a script of `python/`, or a module of the reference. */
  run(command: readonly [string, ...string[]], environment: NodeJS.ProcessEnv = {}): PythonProgram {
    const { folder } = this
    const program = new PythonProgram({ python: this.#python, command, folder, environment })
    this.#programs.push(program)
    return program
  }

  /** A device fresh from the factory, whose commissioning server answers. */
  async unbox(order: DeviceOrder): Promise<ReferenceDevice> {
    const { deviceId, kind, key, script = 'device.py' } = order
    const digits = String(randomInt(0, 100_000_000)).padStart(8, '0')
    const { nkey, ...identity } = createIdentity({
      deviceId,
      deviceType: kind,
      capabilities: ['measure'],
      pinHash: '',
      nowMs: Date.now(),
    })
    const factoryFile = {
      ...identity,
      ...(key === 'factory' ? { nkey } : {}),
      provisioning: { ...identity.provisioning, pin: digits },
    }
    const identityFile = join(this.folder, `${deviceId}.identity.json`)
    const credentialsFile = join(this.folder, `${deviceId}.creds.json`)
    await writeFile(identityFile, JSON.stringify(factoryFile), { mode: 0o600 })
    const port = await freeTcpPort()
    const program = this.run(
      [script, kind, identityFile, credentialsFile, String(port)],
      order.environment,
    )
    await program.line('a commissioning server', (line) => line.includes('server ready'))
    return {
      deviceId,
      pin: formatPin(digits),
      address: `127.0.0.1:${port}`,
      publicKey: key === 'factory' ? nkey.public_key : null,
      seed: key === 'factory' ? nkey.seed : null,
      identityFile,
      credentialsFile,
      program,
    }
  }

  /** Adds a device by its address and asks it what it is. */
  async inspect(device: ReferenceDevice): Promise<DeviceInspection> {
    const { key } = await this.client.discovery.addAddress({ address: device.address })
    return this.client.commissioning.inspect({ key })
  }

  /** Commissions a device as a person would; resolves with the job once it ended, however. */
  async commission(
    device: ReferenceDevice,
    tenant: string,
    pin = device.pin,
  ): Promise<CommissioningJob> {
    const { id } = await this.startCommissioning(device, tenant, pin)
    return this.job(id, 'the job to end', ({ state }) => state !== 'running')
  }

  async startCommissioning(
    device: ReferenceDevice,
    tenant: string,
    pin = device.pin,
  ): Promise<CommissioningJob> {
    const { key, publicKey } = await this.inspect(device)
    return this.client.commissioning.start({ key, pin, tenant, publicKey })
  }

  /** A device that was commissioned and is online. */
  async member(tenant: string, order: DeviceOrder): Promise<ReferenceDevice> {
    const device = await this.unbox(order)
    const { state, problem } = await this.commission(device, tenant)
    if (state !== 'done') throw new Error(`${order.deviceId} ended ${state}: ${problem?.message}`)
    await this.online(tenant, order.deviceId)
    return device
  }

  job(
    id: string,
    what: string,
    wanted: (job: CommissioningJob) => boolean,
  ): Promise<CommissioningJob> {
    return firstWhere(
      (signal) => this.client.commissioning.watch(undefined, { signal }),
      what,
      PATIENCE_MS,
      (update) => {
        const jobs = update.type === 'snapshot' ? update.jobs : [update.job]
        return jobs.find((job) => job.id === id && wanted(job))
      },
    )
  }

  /** Resolves with a device of the fleet once it is as wanted. */
  fleetDevice(
    tenant: string,
    deviceId: string,
    what: string,
    wanted: (device: FleetDevice) => boolean,
  ): Promise<FleetDevice> {
    return firstWhere(
      (signal) => this.client.fleet.watch(undefined, { signal }),
      `${deviceId} to be ${what}`,
      PATIENCE_MS,
      (update) => {
        const devices = update.type === 'snapshot' ? update.devices : update.upserted
        return devices.find(
          (device) => device.tenant === tenant && device.deviceId === deviceId && wanted(device),
        )
      },
    )
  }

  online(tenant: string, deviceId: string): Promise<FleetDevice> {
    return this.fleetDevice(tenant, deviceId, 'online', ({ state }) => state === 'online')
  }

  call(
    tenant: string,
    deviceId: string,
    functionName: string,
    params: Record<string, unknown> = {},
  ) {
    return this.client.rpc.call({ tenant, deviceId, functionName, params, timeoutMs: 10_000 })
  }

  /**
   * Environment of the reference's tools with the credential of a device. They look for the seed in
   * the credential file alone, so it has to be a device whose key Muster made.
   */
  async toolEnvironment(device: ReferenceDevice, tenant: string): Promise<NodeJS.ProcessEnv> {
    return {
      MESSAGING_BACKEND: 'nats',
      NATS_URL: await this.meshUrl(),
      MESSAGING_CREDENTIALS_FILE: device.credentialsFile,
      TENANT: tenant,
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.stop()))
    await this.#closeMuster()
    await rm(this.folder, { recursive: true, force: true })
  }
}
