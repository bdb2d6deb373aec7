import type { DatabaseSync } from 'node:sqlite'
import type { Logger } from '../log/logger.ts'
import type { ClaimsPublisher } from './claims-publisher.ts'
import type { MeshAuthority, MeshTenants, Notify } from './collaborators.ts'
import { LocalMesh } from './local-mesh.ts'
import { LocalSession } from './local-session.ts'
import type { ManagedMeshes } from './managed-meshes.ts'
import { ManagedSession } from './managed-session.ts'
import { connectionUnknown, noLocalMesh } from './mesh-errors.ts'
import type { MeshSession } from './mesh-session.ts'
import {
  LOCAL,
  type LocalMeshSettings,
  type ManagedMeshSettings,
  type MeshStore,
} from './mesh-store.ts'
import type { Interfaces } from './network-addresses.ts'
import type { MeshPorts } from './ports.ts'
import type { RemoteConnections } from './remote-connections.ts'
import { RemoteSession } from './remote-session.ts'
import { restingState } from './resting-state.ts'
import type { SecretStore } from './secret-store.ts'
import { meshPaths } from './server-config.ts'
import { StateTeller } from './state-teller.ts'
import type { SystemLink } from './system-link.ts'
import { TenantPool } from './tenant-pool.ts'

export interface MeshServiceOptions {
  /** With MESH_MIGRATIONS applied. */
  readonly database: DatabaseSync
  readonly keychain: SecretStore
  readonly link: SystemLink
  readonly publisher: ClaimsPublisher
  readonly authority: MeshAuthority
  readonly tenants: MeshTenants
  readonly log: Logger
  /** The profile's folder; the local mesh lives in `mesh` below it. */
  readonly folder: string
  readonly logFolder: string
  /** Folder of the packaged app's resources, searched for nats-server. */
  readonly resourcesFolder: string | null
  /** Where the settings say that nats-server is. */
  readonly natsServerPath: () => string | null
  readonly notify?: Notify
  /** The computer's interfaces, for tests that take one away. */
  readonly interfaces?: Interfaces
  /** Milliseconds between looks at the interfaces. */
  readonly addressIntervalMs?: number
}

export interface SessionSwitchOptions extends MeshServiceOptions {
  readonly interfaces: Interfaces
  readonly store: MeshStore
  readonly remotes: RemoteConnections
  readonly managed: ManagedMeshes
}

/** Holds the session in use, and moves the connections and everybody who follows with it. */
export class SessionSwitch {
  readonly teller: StateTeller
  readonly pool: TenantPool
  readonly #options: SessionSwitchOptions
  readonly #listeners = new Set<() => void>()
  #session: MeshSession | undefined
  #place = ''
  #closed = false

  constructor(options: SessionSwitchOptions) {
    this.#options = options
    this.teller = new StateTeller(restingState(options.store))
    this.pool = new TenantPool(options.log, {
      targetOf: (tenant) => this.#session?.targetOf(tenant),
      serves: (tenant) => this.#session?.serves(tenant) ?? false,
    })
  }

  get session(): MeshSession | undefined {
    return this.#session
  }

  /** The session of the local mesh where that is in use. */
  get local(): LocalSession | undefined {
    return this.#session instanceof LocalSession ? this.#session : undefined
  }

  /** Calls `listener` whenever another mesh is in use, or this one is somewhere else. */
  onSwitch(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /**
   * Leaves what is in use and takes up another mesh, which keeps trying from then on, and is the one
   * to take up at the next start.
   * @throws RejectedError `NO_LOCAL_MESH`, `CONNECTION_UNKNOWN`; then nothing has changed.
   */
  async take(id: string): Promise<void> {
    const open = this.#opener(id)
    await this.#endSession()
    if (this.#closed) return
    // Before anybody is told: who follows the switch asks which one it is.
    this.#options.store.setActive(id)
    const session = this.#hold(open())
    await session.begin()
    this.#changed()
  }

  /** Makes a local mesh the one in use without starting it. */
  async adopt(settings: LocalMeshSettings, ports: MeshPorts): Promise<LocalMesh> {
    await this.#endSession()
    const session = this.#openLocal(settings, ports)
    this.#hold(session)
    return session.mesh
  }

  async leave(): Promise<void> {
    await this.#endSession()
    this.#changed()
  }

  async close(): Promise<void> {
    this.#closed = true
    // First, so that a window that is open still is not told that there is no mesh.
    this.teller.close()
    await this.leave()
    await this.pool.close()
    this.#listeners.clear()
  }

  // Tells nothing: between two meshes a window must not see none, which is how a first run looks.
  async #endSession(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    await session?.end()
  }

  #hold<Session extends MeshSession>(session: Session): Session {
    this.#session = session
    this.teller.begin()
    this.#changed()
    return session
  }

  #opener(id: string): () => MeshSession {
    const { store, remotes, tenants } = this.#options
    if (id === LOCAL) {
      const settings = store.local()
      const ports = settings === undefined ? undefined : store.ports(settings.reach.kind)
      if (settings === undefined || ports === undefined) throw noLocalMesh()
      return () => this.#openLocal(settings, ports)
    }
    const managed = store.managed(id)
    if (managed !== undefined) return () => this.#openManaged(managed)
    const settings = store.remote(id)
    if (settings === undefined) throw connectionUnknown()
    const changed = () => this.#changed()
    const { pool } = this
    return () => new RemoteSession({ settings, connections: remotes, tenants, pool, changed })
  }

  #openLocal(settings: LocalMeshSettings, ports: MeshPorts): LocalSession {
    const { folder, publisher, notify = () => undefined } = this.#options
    const mesh = new LocalMesh(
      {
        ...this.#options,
        paths: meshPaths(folder),
        trust: (operatorJwt) => publisher.trust(operatorJwt),
      },
      settings,
      ports,
    )
    const changed = () => this.#changed()
    return new LocalSession({ ...this.#options, mesh, notify, changed })
  }

  #openManaged(settings: ManagedMeshSettings): ManagedSession {
    const { authority, managed, notify = () => undefined } = this.#options
    return new ManagedSession({
      ...this.#options,
      settings,
      dialect: authority.operator()?.dialect ?? 'device-connect',
      way: managed.wayOf(settings),
      notify,
      changed: () => this.#changed(),
    })
  }

  /** Tells the state, and moves everybody where the mesh is now somewhere else. */
  #changed(): void {
    const session = this.#session
    const place = session === undefined ? '' : JSON.stringify([session.id, session.endpoint()])
    if (place !== this.#place) {
      this.#place = place
      void this.pool.retarget()
      for (const listener of this.#listeners) listener()
    }
    this.teller.tell(session)
  }
}
