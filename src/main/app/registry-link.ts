import { join } from 'node:path'
import type { Problem } from '#shared/contract/common.ts'
import type { DeviceAddress, FleetUpdate } from '#shared/contract/fleet.ts'
import type { Dialect } from '#shared/protocol/dialect.ts'
import { DiscoveryFleetSource } from '../fleet/discovery-fleet-source.ts'
import type { FleetService } from '../fleet/fleet-service.ts'
import type { FleetSource } from '../fleet/fleet-source.ts'
import type { RegistryCondition } from '../health/watch-registry.ts'
import type { Logger } from '../log/logger.ts'
import type { MeshService } from '../mesh/mesh-service.ts'
import type { Impostor } from '../registry/identity-guard.ts'
import { RegistrySupervisor } from '../registry/registry-supervisor.ts'
import type { StoreChoice } from '../registry/store-choice/store-choice.ts'
import type { SidecarConfig } from '../registry/sidecar-messages.ts'
import type { SidecarProcess } from '../registry/sidecar-process.ts'
import { DeviceOwners, type DeviceCredentials } from './device-owners.ts'
import { conditionOf, floodNotice, impostorProblem, problemOf } from './registry-conditions.ts'

/** For stored records that carry no usable TTL (protocol.md, "Environment", DEVICE_TTL). */
const DEVICE_TTL_SECONDS = 15
/** protocol.md, DC_LIST_DEVICES_MAX_LIMIT. */
const LIST_MAX_LIMIT = 200
const FORGET_TIMEOUT_MS = 5000
/** A registry that refused an impostor is shown as troubled for so long. */
const IMPOSTOR_SHOWN_MS = 10 * 60_000

export interface RegistryLinkOptions {
  readonly mesh: MeshService
  readonly fleet: FleetService
  readonly folder: string
  readonly logFolder: string
  readonly ledger: DeviceCredentials
  readonly stores: Pick<StoreChoice, 'config'>
  notify(notice: { level: 'warning'; title: string; text: string }): void
  spawn(): SidecarProcess
  readonly log: Logger
}

interface StoreReading {
  readonly runs: boolean
  readonly stats: Readonly<Record<string, number>>
  readonly problem: Problem | null
}

/**
 * Gives the fleet its source: for the local mesh the registry sidecar, which runs exactly while
 * that mesh is the active one; for a remote mesh the registry that is there, by discovery RPC.
 */
export class RegistryLink {
  readonly #options: RegistryLinkOptions
  readonly #listeners = new Set<(condition: RegistryCondition) => void>()
  #condition: RegistryCondition = { state: 'off' }
  #supervisor: RegistrySupervisor | undefined
  #owners: DeviceOwners | undefined
  #stats: Readonly<Record<string, number>> = {}
  #impostor: Problem | null = null
  #impostorTimer: NodeJS.Timeout | undefined
  #remote: DiscoveryFleetSource | undefined
  #change: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: RegistryLinkOptions) {
    this.#options = options
  }

  /** Follows the active mesh; call at start and at each switch. Changes are taken one at a time. */
  follow(): Promise<void> {
    this.#change = this.#change
      .then(() => this.#follow())
      .catch((error: unknown) => {
        this.#options.log.error('The fleet could not follow the mesh', { error })
      })
    return this.#change
  }

  /** The registry's condition now and at each change, for health. */
  readonly subscribe = (listener: (condition: RegistryCondition) => void): (() => void) => {
    this.#listeners.add(listener)
    listener(this.#condition)
    return () => void this.#listeners.delete(listener)
  }

  /** What the registry counted last, and what is wrong with its store; nothing while none runs. */
  storeReading(): StoreReading {
    const state = this.#supervisor?.state()
    if (state?.state !== 'running') {
      return { runs: false, stats: {}, problem: problemOf(state?.failure) }
    }
    return { runs: true, stats: this.#stats, problem: problemOf(state.storeProblem) }
  }

  /** Resolves once the registry serves, or the signal aborts. */
  async whenRunning(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => resolve(), { once: true })
    const unsubscribe = this.subscribe((condition) => {
      if (condition.state === 'running') resolve()
    })
    await promise
    unsubscribe()
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#change
    this.#remote?.close()
    clearTimeout(this.#impostorTimer)
    this.#owners?.close()
    await this.#supervisor?.close()
    this.#listeners.clear()
  }

  async #follow(): Promise<void> {
    if (this.#closed) return
    const { mesh, fleet } = this.#options
    if (mesh.registryAccess() !== null) {
      this.#leaveRemote()
      if (this.#supervisor !== undefined) return this.#supervisor.restart()
      this.#supervisor = this.#supervise()
      fleet.use(sourceOf(this.#supervisor))
      return
    }
    this.#owners?.close()
    await this.#supervisor?.close()
    this.#supervisor = undefined
    this.#setCondition({ state: 'off' })
    this.#leaveRemote()
    this.#remote = this.#remoteSource(mesh.dialect())
    fleet.use(this.#remote)
  }

  #leaveRemote(): void {
    this.#remote?.close()
    this.#remote = undefined
  }

  #remoteSource(dialect: Dialect): DiscoveryFleetSource | undefined {
    const { mesh, log } = this.#options
    const active = mesh.connections().find((connection) => connection.active)
    if (active === undefined) return undefined
    return new DiscoveryFleetSource({
      tenant: active.tenant,
      connections: mesh.tenantConnections,
      dialect,
      log,
    })
  }

  #supervise(): RegistrySupervisor {
    const { log } = this.#options
    const supervisor = new RegistrySupervisor({
      spawn: () => this.#options.spawn(),
      config: (signal) => this.#config(signal),
      logger: log,
    })
    const owners = new DeviceOwners(this.#options.ledger, (devices, replace) =>
      supervisor.own(devices, replace),
    )
    this.#owners = owners
    let online = 0
    let toldTo: number | undefined
    supervisor.subscribe((news) => {
      if (news.type === 'fleet') return
      if (news.type === 'stats') {
        this.#stats = news.stats
        online = news.stats['devicesOnline'] ?? 0
      }
      if (news.type === 'impostor') this.#onImpostor(news.impostor)
      if (news.type === 'flood') this.#options.notify(floodNotice(news.tenant))
      const state = supervisor.state()
      if (state.state === 'running' && state.pid !== toldTo) {
        // A sidecar that was started again knows nothing of the ledger.
        toldTo = state.pid
        this.#stats = {}
        owners.begin()
      }
      this.#setCondition(conditionOf(state, online, this.#impostor))
    })
    supervisor.start()
    return supervisor
  }

  async #config(signal: AbortSignal): Promise<SidecarConfig> {
    const { mesh, folder, logFolder } = this.#options
    const access = mesh.registryAccess()
    signal.throwIfAborted()
    if (access === null)
      throw signal.reason ?? new DOMException('The mesh was switched.', 'AbortError')
    const { jwt, seed, inboxPrefix, expiresAt } = await access.credentials(signal)
    const etcd = await this.#options.stores.config()
    return {
      dialect: mesh.dialect().name,
      servers: [...access.servers],
      credentials: { jwt, seed, inboxPrefix, expiresAt: expiresAt?.toISOString() ?? null },
      caPem: access.caPem ?? null,
      clientCertificate: null,
      databasePath: join(folder, 'mesh', 'registry.db'),
      ...(etcd === undefined ? {} : { etcd }),
      deviceTtlSeconds: DEVICE_TTL_SECONDS,
      listMaxLimit: LIST_MAX_LIMIT,
      tenants: null,
      knownTenants: [],
      accessLists: [],
      trustsRequesters: true,
      logFolder,
      ...(access.accountServer === undefined ? {} : { accountServer: access.accountServer }),
    }
  }

  #onImpostor(impostor: Impostor): void {
    const problem = impostorProblem(impostor)
    this.#impostor = problem
    clearTimeout(this.#impostorTimer)
    this.#impostorTimer = setTimeout(() => (this.#impostor = null), IMPOSTOR_SHOWN_MS)
    this.#impostorTimer.unref()
    this.#options.notify({
      level: 'warning',
      title: 'A device tried to be another',
      text: `${problem.message} ${problem.advice}`,
    })
  }

  #setCondition(condition: RegistryCondition): void {
    const before = this.#condition
    this.#condition = condition
    if (
      before.state === condition.state &&
      before.devicesOnline === condition.devicesOnline &&
      before.problem?.message === condition.problem?.message
    ) {
      return
    }
    for (const listener of this.#listeners) listener(condition)
  }
}

function sourceOf(supervisor: RegistrySupervisor): FleetSource {
  return {
    subscribe: (listener: (update: FleetUpdate) => void) => {
      const unsubscribe = supervisor.subscribe((news) => {
        if (news.type === 'fleet') listener(news.update)
      })
      listener(supervisor.fleet())
      return unsubscribe
    },
    record: (address: DeviceAddress, signal: AbortSignal) =>
      supervisor.record(address.tenant, address.deviceId, signal),
    select: (_selector, text, tenant, most, signal) =>
      supervisor.select(text, tenant, most, signal),
    forget: (address: DeviceAddress) =>
      supervisor.forget(address.tenant, address.deviceId, AbortSignal.timeout(FORGET_TIMEOUT_MS)),
  }
}
