import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import type { NatsConnection } from '@nats-io/nats-core'
import type {
  MeshReach,
  MeshState,
  NetworkAddress,
  NewRemoteConnection,
  RemoteConnection,
} from '#shared/contract/mesh.ts'
import type { ManagedMesh, NewManagedMesh } from '#shared/contract/resolver.ts'
import { dialectOf, type Dialect } from '#shared/protocol/dialect.ts'
import { SerialQueue } from '../authority/serial-queue.ts'
import type { Logger } from '../log/logger.ts'
import { runSteps, type StepReport } from '../steps/run-steps.ts'
import { openMeshConnection } from './connection.ts'
import { notConnected } from './kept-connection.ts'
import { LOCAL_CREATION, portsFor, type LocalCreation, type LocalOrder } from './local-creation.ts'
import { targetAt, type LocalSession } from './local-session.ts'
import { accountsUrlAt, ManagedMeshes } from './managed-meshes.ts'
import {
  connectionUnknown,
  localExists,
  noLocalMesh,
  noMesh,
  notOurs,
  tenantUnknown,
} from './mesh-errors.ts'
import {
  LOCAL,
  MeshStore,
  type ManagedMeshSettings,
  type RemoteMeshSettings,
} from './mesh-store.ts'
import { listNetworkAddresses, type Interfaces } from './network-addresses.ts'
import { ownUserSource } from './own-user.ts'
import type { MeshPorts } from './ports.ts'
import { RemoteConnections } from './remote-connections.ts'
import type { StoredLogin } from './remote-login.ts'
import { SessionSwitch, type MeshServiceOptions } from './session-switch.ts'
import type { TenantPool } from './tenant-pool.ts'
import type { UserCredentials } from './user-credentials.ts'
import { untilUserConnects } from './user-presence.ts'

/** How long setting up or changing the local mesh may take. */
const CHANGE_TIMEOUT_MS = 60_000

/** Serves account JWTs over HTTP, for URL resolvers. */
export interface AccountServer {
  readonly host: string
  readonly port: number
  readonly folder: string
}

/** What the registry sidecar needs to connect. */
export interface RegistryAccess {
  readonly servers: readonly string[]
  readonly caPem?: string
  /** Where it serves accounts to nats-servers that fetch them, and from which folder. */
  readonly accountServer?: AccountServer
  /** Issues a user of the REGISTRY account. */
  credentials(signal?: AbortSignal): Promise<UserCredentials>
}

/** The mesh in use: the local one, which it runs, or a remote one. */
export class MeshService {
  /** What speaking in tenants needs, for rpc, events and fleet. */
  readonly tenantConnections: Pick<TenantPool, 'current' | 'subscribe' | 'connectionFor'>
  readonly #options: MeshServiceOptions
  readonly #interfaces: Interfaces
  readonly #log: Logger
  readonly #store: MeshStore
  readonly #remotes: RemoteConnections
  readonly #managed: ManagedMeshes
  readonly #switch: SessionSwitch
  readonly #queue = new SerialQueue()
  readonly #closing = new AbortController()

  constructor(options: MeshServiceOptions) {
    const { database, keychain, interfaces = networkInterfaces } = options
    this.#options = options
    this.#interfaces = interfaces
    this.#log = options.log.part('mesh')
    this.#store = new MeshStore(database)
    this.#remotes = new RemoteConnections(this.#store, keychain)
    const { authority, link, publisher } = options
    this.#managed = new ManagedMeshes({
      store: this.#store,
      authority,
      link,
      publisher,
      accountsFolder: join(options.folder, 'mesh', 'accounts'),
      log: this.#log,
    })
    this.#switch = new SessionSwitch({
      ...options,
      interfaces,
      log: this.#log,
      store: this.#store,
      remotes: this.#remotes,
      managed: this.#managed,
    })
    this.tenantConnections = this.#switch.pool
  }

  /** Calls `listener` with the state now and after each change; returns how to stop that. */
  readonly subscribe = (
    listener: (update: { type: 'snapshot'; mesh: MeshState }) => void,
  ): (() => void) => this.#switch.teller.subscribe((mesh) => listener({ type: 'snapshot', mesh }))

  state(): MeshState {
    return this.#switch.teller.state
  }

  /** Whether the accounts of the mesh in use are this profile's operator's. */
  ours(): boolean {
    return this.#switch.session?.ours ?? false
  }

  /** The dialect of the mesh in use, or to be taken up; that of a new one while there is none. */
  dialect(): Dialect {
    return this.#switch.session?.dialect ?? dialectOf(this.state().dialect)
  }

  /**
   * Calls `listener` whenever another mesh is in use, or this one has another address or certificate:
   * when the sidecar and what follows the mesh have to move.
   */
  onSwitch(listener: () => void): () => void {
    return this.#switch.onSwitch(listener)
  }

  networkAddresses(): NetworkAddress[] {
    return listNetworkAddresses(this.#interfaces)
  }

  /** Takes up the mesh that was in use last; called again it tries at once what failed. */
  startActive(): Promise<void> {
    return this.#queue.run(async () => {
      const id = this.#store.chosen()
      if (id === undefined || this.#closing.signal.aborted) return
      if (this.#switch.session?.id === id) await this.#switch.session.hurry()
      else await this.#switch.take(id)
    })
  }

  /**
   * Sets the local mesh up: operator, server, first tenant, proven by a login.
   * @throws ConflictError `LOCAL_MESH_EXISTS`, and what the steps throw; then nothing runs, and
   *   whatever was in use before is again.
   */
  createLocal(order: LocalOrder): Promise<MeshState> {
    return this.#queue.run(async () => {
      if (this.#store.local() !== undefined) throw localExists()
      const signal = this.#deadline()
      const report = ({ step, state, durationMs }: StepReport) =>
        this.#log.info('setting up the local mesh', { step, state, durationMs })
      try {
        await runSteps(LOCAL_CREATION, this.#creation(order), { signal, report })
      } catch (error) {
        const former = this.#store.active()
        if (former !== undefined && !this.#closing.signal.aborted) await this.#switch.take(former)
        throw error
      }
      this.#store.setActive(LOCAL)
      await this.#switch.session?.hurry()
      return this.state()
    })
  }

  /**
   * Opens the local mesh to a network address, or closes it again. Its server restarts.
   * @throws RejectedError `NO_LOCAL_MESH`, `ADDRESS_INVALID`, `ADDRESS_NOT_AVAILABLE`, or what keeps the
   *   server from starting so; then it runs as before.
   */
  setReach(reach: MeshReach): Promise<MeshState> {
    return this.#queue.run(async () => {
      const before = this.#store.local()
      if (before === undefined) throw noLocalMesh()
      const ports = await portsFor(reach, this.#store, this.#interfaces)
      const session = this.#switch.local
      if (session !== undefined) await this.#restartAt(session, before.reach, reach, ports)
      this.#store.saveLocal({ ...before, reach }, ports)
      return this.state()
    })
  }

  connections(): RemoteConnection[] {
    const active = this.#store.active()
    const dialect = this.#options.authority.operator()?.dialect ?? 'device-connect'
    const all = [
      ...this.#store.remotes().map((remote) => ({ ...remote, managed: false })),
      ...this.#store.managedMeshes().map((mesh) => ({ ...mesh, dialect, managed: true })),
    ]
    return all.map((one) => ({
      id: one.id,
      name: one.name,
      dialect: one.dialect,
      urls: [...one.urls],
      tenant: one.tenant,
      managed: one.managed,
      active: one.id === active,
    }))
  }

  /** Saves a connection to a remote mesh: see `RemoteConnections.add`. */
  async addRemote(order: NewRemoteConnection): Promise<RemoteConnection> {
    const settings = await this.#remotes.add(order)
    const { name, dialect, urls, tenant } = settings
    return {
      id: settings.id,
      name,
      dialect,
      urls: [...urls],
      tenant,
      managed: false,
      active: false,
    }
  }

  /** Saves a connection that logs in otherwise than by a JWT: see `RemoteConnections.addLogin`. */
  async addRemoteLogin(
    order: Pick<RemoteMeshSettings, 'name' | 'dialect' | 'urls' | 'tenant' | 'caPem'>,
    login: StoredLogin,
  ): Promise<string> {
    return (await this.#remotes.addLogin(order, login)).id
  }

  /**
   * A saved connection with what it logs in with: secret, for an export that somebody asked for.
   * @throws RejectedError `CONNECTION_UNKNOWN`, `CREDENTIALS_GONE`; what the keychain throws.
   */
  async remoteLogin(id: string): Promise<{ settings: RemoteMeshSettings; login: StoredLogin }> {
    const settings = this.#store.remote(id)
    if (settings === undefined) throw connectionUnknown()
    return { settings, login: await this.#remotes.login(settings) }
  }

  /** Removes a saved connection; where it is in use, no mesh is then. */
  removeRemote(id: string): Promise<void> {
    return this.#queue.run(async () => {
      if (this.#switch.session?.id === id) await this.#switch.leave()
      await this.#remotes.remove(id)
    })
  }

  /**
   * Switches to the local mesh (`local`) or to a saved connection. Returns when that has begun; the
   * state tells how it goes on.
   * @throws RejectedError `NO_LOCAL_MESH`, `CONNECTION_UNKNOWN`.
   */
  use(id: string): Promise<MeshState> {
    return this.#queue.run(async () => {
      if (this.#switch.session?.id === id) await this.#switch.session.hurry()
      else await this.#switch.take(id)
      return this.state()
    })
  }

  /**
   * Gives the servers of the mesh in use another JWT of its operator.
   * @throws RejectedError `NO_MESH`, `OPERATOR_NOT_INSTALLED`; what the session throws.
   */
  async installOperator(operatorJwt: string, signal: AbortSignal): Promise<void> {
    const { session } = this.#switch
    if (session === undefined) throw noMesh()
    await session.installOperator(operatorJwt, signal)
  }

  /**
   * What goes into issued credentials.
   * @throws RejectedError `NO_MESH`, `MESH_NOT_OURS`; TransientError `MESH_NOT_CONNECTED`.
   */
  deviceEndpoint(): { urls: readonly string[]; caPem?: string } {
    const { session } = this.#switch
    if (session === undefined) throw noMesh()
    if (!session.ours) throw notOurs()
    const endpoint = session.endpoint()
    if (endpoint === undefined) throw notConnected()
    const { deviceUrls: urls, caPem } = endpoint
    return caPem === undefined ? { urls } : { urls, caPem }
  }

  /** Where the mesh in use is, for a look at its server; undefined where that is not known. */
  dialTarget(): { readonly servers: readonly string[]; readonly caPem?: string } | undefined {
    const endpoint = this.#switch.session?.endpoint()
    if (endpoint === undefined) return undefined
    const { servers, caPem } = endpoint
    return caPem === undefined ? { servers } : { servers, caPem }
  }

  /** For the registry sidecar; null where there is none to run: a remote mesh has its own. */
  registryAccess(): RegistryAccess | null {
    const { session } = this.#switch
    const endpoint = session?.runsRegistry === true ? session.endpoint() : undefined
    if (endpoint === undefined) return null
    const { servers, caPem } = endpoint
    const user = { account: 'registry', role: 'registry', name: 'Muster registry' } as const
    const source = ownUserSource(this.#options.authority, user)
    return {
      servers,
      ...(caPem === undefined ? {} : { caPem }),
      credentials: (signal = this.#closing.signal) => source(signal, true),
      ...this.#accountServer(),
    }
  }

  /** Saves a mesh elsewhere whose operator is ours: see `ManagedMeshes.add`. */
  addManaged(order: NewManagedMesh): Promise<ManagedMesh> {
    return this.#queue.run(async () => this.#toldOf(await this.#managed.add(order)))
  }

  managed(): ManagedMesh[] {
    return this.#store.managedMeshes().map((settings) => this.#toldOf(settings))
  }

  /** What the servers of a managed mesh need in their configuration, as text to copy. */
  configuration(id: string): Promise<string> {
    return this.#managed.configuration(id)
  }

  /** Writes that into the configuration file that is named for it. */
  writeConfiguration(id: string): Promise<void> {
    return this.#managed.writeConfiguration(id)
  }

  /** Where a connection of this name goes on the mesh in use; undefined while that is not known. */
  placeOf(name: string): ReturnType<typeof targetAt> | undefined {
    const endpoint = this.#switch.session?.endpoint()
    return endpoint === undefined ? undefined : targetAt(endpoint, name)
  }

  /** Process id of the local nats-server that runs. */
  localServerPid(): number | undefined {
    return this.#switch.local?.mesh.server.pid
  }

  /** The connection into a tenant once it stands; opened where there is none. */
  connectionFor(tenant: string, signal?: AbortSignal): Promise<NatsConnection> {
    return this.#switch.pool.connectionFor(tenant, signal)
  }

  /**
   * Resolves once a client that authenticated with this user key (U…) is in the tenant's account.
   * @throws RejectedError `TENANT_UNKNOWN`, also for a remote mesh; the abort reason.
   */
  async waitForKey(tenant: string, publicKey: string, signal: AbortSignal): Promise<void> {
    const account = this.#options.tenants.list().find(({ name }) => name === tenant)?.account
    if (account === undefined || account === null) throw tenantUnknown(tenant)
    await untilUserConnects(this.#options.link, account, publicKey, signal)
  }

  /** Whether such a client is connected now. @throws MusterError where the server can't be asked. */
  isUserConnected(account: string, publicKey: string, signal: AbortSignal): Promise<boolean> {
    return this.#options.link.isUserConnected(account, publicKey, signal)
  }

  /**
   * Logs in once with a fresh console credential of the tenant: the proof that its account works.
   * @throws MusterError that says why it does not.
   */
  async confirmTenant(tenant: string, signal: AbortSignal): Promise<void> {
    const endpoint = this.#switch.session?.endpoint()
    if (endpoint === undefined) throw notConnected()
    const user = { account: { tenant }, role: 'console', name: 'Muster login check' } as const
    const credentials = ownUserSource(this.#options.authority, user)
    const target = targetAt(endpoint, 'muster login check')
    const connection = await openMeshConnection({ ...target, credentials, log: this.#log }, signal)
    await connection.close()
  }

  /**
   * Logs in once with somebody's credentials on the mesh in use and leaves again.
   * @throws MusterError that says why it does not: `MESH_AUTH_REFUSED`, `MESH_NOT_CONNECTED`, ….
   */
  async tryLogin(credentials: UserCredentials, signal: AbortSignal): Promise<void> {
    const endpoint = this.#switch.session?.endpoint()
    if (endpoint === undefined) throw notConnected()
    const target = targetAt(endpoint, 'muster login check')
    const source = () => Promise.resolve(credentials)
    const connection = await openMeshConnection(
      { ...target, once: true, credentials: source, log: this.#log },
      signal,
    )
    await connection.close()
  }

  /** Leaves the mesh and ends its server. Nothing can be asked of the service afterwards. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#queue.run(() => this.#switch.close())
    await this.#options.link.close()
  }

  #accountServer(): { accountServer?: AccountServer } {
    const { session } = this.#switch
    const at = session === undefined ? undefined : this.#store.managed(session.id)?.accounts
    if (at === undefined || at === null) return {}
    return { accountServer: { ...at, folder: this.#managed.folder.path } }
  }

  #toldOf(settings: ManagedMeshSettings): ManagedMesh {
    const { id, name, urls, tenant, resolver, configPath, registry, accounts } = settings
    const accountsUrl = accounts === null ? null : accountsUrlAt(accounts)
    const active = id === this.#store.active()
    return {
      id,
      name,
      urls: [...urls],
      tenant,
      resolver,
      configPath,
      accountsUrl,
      registry,
      active,
    }
  }

  #creation(order: LocalOrder): LocalCreation {
    const { authority, tenants, natsServerPath, resourcesFolder } = this.#options
    return {
      order,
      store: this.#store,
      authority,
      tenants,
      search: { settingsPath: natsServerPath(), resourcesFolder },
      interfaces: this.#interfaces,
      adopt: (settings, ports) => this.#switch.adopt(settings, ports),
      abandon: () => this.#switch.leave(),
      connected: async (signal) => this.#switch.local?.connected(signal),
      confirmTenant: (tenant, signal) => this.confirmTenant(tenant, signal),
    }
  }

  #deadline(): AbortSignal {
    return AbortSignal.any([this.#closing.signal, AbortSignal.timeout(CHANGE_TIMEOUT_MS)])
  }

  async #restartAt(
    session: LocalSession,
    before: MeshReach,
    reach: MeshReach,
    ports: MeshPorts,
  ): Promise<void> {
    const portsBefore = this.#store.ports(before.kind) ?? ports
    const signal = this.#deadline()
    this.#switch.teller.begin()
    try {
      await session.moveTo(reach, ports, signal)
    } catch (error) {
      session.mesh.configure(before, portsBefore)
      if (!this.#closing.signal.aborted) await session.mesh.keepRunning()
      throw error
    }
  }
}
