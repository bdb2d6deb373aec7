import type { MeshReach } from '#shared/contract/mesh.ts'
import { dialectOf, type Dialect } from '#shared/protocol/dialect.ts'
import type { Logger } from '../log/logger.ts'
import type { ClaimsPublisher } from './claims-publisher.ts'
import type { MeshAuthority, MeshTenants, Notify } from './collaborators.ts'
import type { ConnectionTarget } from './kept-connection.ts'
import type { LocalMesh, MeshEndpoint } from './local-mesh.ts'
import type { MeshSession, SessionState } from './mesh-session.ts'
import { localCondition } from './mesh-state.ts'
import { LOCAL } from './mesh-store.ts'
import { operatorKeysOf } from './operator-keys.ts'
import { OwnAccounts } from './own-accounts.ts'
import { ownUserSource } from './own-user.ts'
import type { MeshPorts } from './ports.ts'
import { LOCAL_NAME } from './resting-state.ts'
import type { SystemLink } from './system-link.ts'
import type { CredentialsSource } from './user-credentials.ts'
import { orAborted } from '../steps/or-aborted.ts'
import { pause } from '../steps/pause.ts'

/** How long a restarted server may take to be there with another operator JWT. */
const INSTALL_TIMEOUT_MS = 20_000
const INSTALL_INTERVAL_MS = 100

export interface LocalSessionOptions {
  readonly mesh: LocalMesh
  readonly link: SystemLink
  readonly publisher: ClaimsPublisher
  readonly authority: MeshAuthority
  readonly tenants: MeshTenants
  readonly notify: Notify
  readonly log: Logger
  /** Something in the state or the endpoint changed. */
  readonly changed: () => void
}

/**
 * The local mesh in use: its server, Muster's connection to its system account, and the accounts on
 * it, compared with what they should be at every connect.
 */
export class LocalSession implements MeshSession {
  readonly id = LOCAL
  readonly mesh: LocalMesh
  readonly #options: LocalSessionOptions
  readonly #systemUser: CredentialsSource
  readonly #own: OwnAccounts
  readonly #ending = new AbortController()
  readonly #unsubscribe: (() => void)[]
  #linkedTo: MeshEndpoint | undefined
  #linkPhase: string = 'off'
  #reconciling: Promise<void> = Promise.resolve()

  constructor(options: LocalSessionOptions) {
    this.#options = options
    this.mesh = options.mesh
    this.#systemUser = ownUserSource(options.authority, {
      account: 'system',
      role: 'system',
      name: 'Muster',
    })
    this.#own = new OwnAccounts({ ...options, tenant: () => this.mesh.settings.tenant })
    this.#unsubscribe = [
      options.mesh.subscribe(() => this.#onServer()),
      options.link.subscribe(() => this.#onLink()),
    ]
  }

  get dialect(): Dialect {
    return dialectOf(this.mesh.settings.dialect)
  }

  state(wasConnected: boolean): SessionState {
    const { mesh, link } = this.#options
    const { reach } = mesh.settings
    return {
      kind: 'local',
      name: LOCAL_NAME,
      deviceUrls: [...(mesh.endpoint()?.deviceUrls ?? [])],
      reach: reach.kind,
      tls: reach.kind === 'network' && reach.tls,
      serverVersion: mesh.server.plan?.binary.version ?? null,
      rttMs: link.state.rttMs,
      serverRestarts: mesh.server.restarts,
      canIssue: this.#own.canIssue,
      ...localCondition(mesh.server, link.state, wasConnected, mesh.limitation()),
    }
  }

  endpoint(): MeshEndpoint | undefined {
    return this.mesh.endpoint()
  }

  targetOf(tenant: string): ConnectionTarget | undefined {
    const endpoint = this.endpoint()
    if (endpoint === undefined) return undefined
    return { ...targetAt(endpoint, 'muster console'), credentials: this.#own.consoleOf(tenant) }
  }

  serves(): boolean {
    return true
  }

  get ours(): boolean {
    return true
  }

  get runsRegistry(): boolean {
    return true
  }

  async begin(): Promise<void> {
    this.#options.publisher.use(undefined)
    this.#options.tenants.followOwn()
    this.#own.refreshCanIssue()
    await this.mesh.keepRunning()
  }

  async hurry(): Promise<void> {
    this.#options.link.hurry()
    this.#own.refreshCanIssue()
    await this.mesh.hurry()
  }

  /**
   * Restarts the server at another reach.
   * @throws MusterError of the start; the server is stopped then.
   */
  async moveTo(reach: MeshReach, ports: MeshPorts, signal: AbortSignal): Promise<void> {
    // Left on purpose: to be seen as a new start and not as a loss.
    this.#linkedTo = undefined
    await this.#options.link.use(undefined)
    await this.mesh.stop()
    this.mesh.configure(reach, ports)
    await this.mesh.start(signal)
    await this.connected(signal)
  }

  /**
   * Starts the server anew with the operator's JWT as it is recorded: nats-server 2.9 does not read it again
   * otherwise. Does not wait for the accounts to be compared, since that waits for the change which this is part of.
   */
  async installOperator(operatorJwt: string, signal: AbortSignal): Promise<void> {
    const { publisher, link } = this.#options
    const until = AbortSignal.any([signal, AbortSignal.timeout(INSTALL_TIMEOUT_MS)])
    publisher.trust(operatorJwt)
    await this.mesh.restart()
    for (;;) {
      await link.connected(until)
      publisher.roster.forget()
      if (await this.#trusts(operatorJwt, until)) return
      await pause(INSTALL_INTERVAL_MS, until)
    }
  }

  async #trusts(operatorJwt: string, signal: AbortSignal): Promise<boolean> {
    const wanted = operatorKeysOf(operatorJwt)
    try {
      const servers = await this.#options.publisher.roster.trust(signal)
      return servers.some(({ operators }) =>
        operators.some(({ keys }) => wanted.join(' ') === keys.join(' ')),
      )
    } catch (error) {
      // The connection of before the restart may have been asked.
      if (signal.aborted) throw error
      return false
    }
  }

  /** Resolves once Muster's own connection stands and the accounts have been compared. */
  async connected(signal: AbortSignal): Promise<void> {
    await this.#options.link.connected(signal)
    await orAborted(this.#reconciling, signal)
  }

  async end(): Promise<void> {
    this.#ending.abort()
    this.#own.end()
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    await this.#options.link.use(undefined)
    await this.mesh.stop()
    await this.#reconciling
  }

  #onServer(): void {
    const endpoint = this.mesh.endpoint()
    if (this.mesh.server.phase === 'running' && endpoint !== undefined) {
      if (!sameEndpoint(endpoint, this.#linkedTo)) {
        this.#linkedTo = endpoint
        const target = { ...targetAt(endpoint, 'muster'), credentials: this.#systemUser }
        void this.#options.link.use(target)
      } else this.#options.link.hurry()
    }
    this.#options.changed()
  }

  #onLink(): void {
    const { phase } = this.#options.link.state
    const connected = phase === 'connected' && this.#linkPhase !== 'connected'
    this.#linkPhase = phase
    if (connected) {
      this.#reconciling = this.#own.reconcile(this.#ending.signal)
      this.#own.refreshCanIssue()
    }
    this.#options.changed()
  }
}

/** Where a connection with this name goes, without its credentials. */
export function targetAt(
  endpoint: MeshEndpoint,
  name: string,
): Pick<ConnectionTarget, 'name' | 'servers' | 'caPem'> {
  const { servers, caPem } = endpoint
  return { name, servers, ...(caPem === undefined ? {} : { caPem }) }
}

function sameEndpoint(left: MeshEndpoint, right: MeshEndpoint | undefined): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}
