import { dialectOf, type Dialect } from '#shared/protocol/dialect.ts'
import type { MeshTenants } from './collaborators.ts'
import type { ConnectionTarget } from './kept-connection.ts'
import type { MeshEndpoint } from './local-mesh.ts'
import { notOurs } from './mesh-errors.ts'
import type { MeshSession, SessionState } from './mesh-session.ts'
import { remoteCondition } from './mesh-state.ts'
import type { RemoteMeshSettings } from './mesh-store.ts'
import type { RemoteConnections } from './remote-connections.ts'
import type { TenantPool } from './tenant-pool.ts'
import { demandsTls } from './transport.ts'

export interface RemoteSessionOptions {
  readonly settings: RemoteMeshSettings
  readonly connections: RemoteConnections
  readonly tenants: MeshTenants
  readonly pool: TenantPool
  /** Something in the state or the endpoint changed. */
  readonly changed: () => void
}

/** A mesh that others run: one tenant, by credentials that somebody handed over. */
export class RemoteSession implements MeshSession {
  readonly #options: RemoteSessionOptions
  #unsubscribe: (() => void)[] = []

  constructor(options: RemoteSessionOptions) {
    this.#options = options
  }

  get ours(): boolean {
    return false
  }

  get runsRegistry(): boolean {
    return false
  }

  get id(): string {
    return this.#options.settings.id
  }

  get dialect(): Dialect {
    return dialectOf(this.#options.settings.dialect)
  }

  state(wasConnected: boolean): SessionState {
    const { settings, pool } = this.#options
    const connection = pool.stateOf(settings.tenant)
    return {
      kind: 'remote',
      name: settings.name,
      deviceUrls: [...settings.urls],
      reach: 'remote',
      tls: settings.caPem !== null || settings.urls.some(demandsTls),
      serverVersion: pool.current(settings.tenant)?.info?.version ?? null,
      rttMs: connection.rttMs,
      serverRestarts: 0,
      canIssue: false,
      ...remoteCondition(connection, wasConnected),
    }
  }

  endpoint(): MeshEndpoint {
    const { urls, caPem } = this.#options.settings
    return { servers: urls, deviceUrls: urls, caPem: caPem ?? undefined }
  }

  targetOf(tenant: string): ConnectionTarget | undefined {
    const { settings, connections } = this.#options
    if (!this.serves(tenant)) return undefined
    return {
      name: 'muster console',
      servers: settings.urls,
      ...(settings.caPem === null ? {} : { caPem: settings.caPem }),
      credentials: () => connections.credentials(settings),
    }
  }

  serves(tenant: string): boolean {
    return tenant === this.#options.settings.tenant
  }

  async begin(): Promise<void> {
    const { pool, settings, tenants, changed } = this.#options
    tenants.followForeign([settings.tenant])
    this.#unsubscribe = [
      // Listening keeps the connection open through a change of targets.
      pool.subscribe(settings.tenant, () => undefined),
      pool.watch(settings.tenant, changed),
    ]
    changed()
  }

  installOperator(): Promise<void> {
    return Promise.reject(notOurs())
  }

  async hurry(): Promise<void> {
    this.#options.pool.hurry(this.#options.settings.tenant)
  }

  async end(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#unsubscribe = []
    this.#options.tenants.followOwn()
  }
}
