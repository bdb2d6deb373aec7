import type { MeshReach } from '#shared/contract/mesh.ts'
import { toMusterError } from '#shared/errors.ts'
import { dialectOf, type Dialect } from '#shared/protocol/dialect.ts'
import type { Logger } from '../log/logger.ts'
import type { ClaimsPublisher, Reconciliation } from './claims-publisher.ts'
import type { MeshAuthority, MeshTenants, Notify } from './collaborators.ts'
import type { ConnectionTarget } from './kept-connection.ts'
import type { LocalMesh, MeshEndpoint } from './local-mesh.ts'
import type { MeshSession, SessionState } from './mesh-session.ts'
import { localCondition } from './mesh-state.ts'
import { LOCAL } from './mesh-store.ts'
import { ownUserSource } from './own-user.ts'
import type { MeshPorts } from './ports.ts'
import { LOCAL_NAME } from './resting-state.ts'
import type { SystemLink } from './system-link.ts'
import type { CredentialsSource } from './user-credentials.ts'
import { orAborted } from '../steps/or-aborted.ts'

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
  readonly #consoles = new Map<string, CredentialsSource>()
  readonly #ending = new AbortController()
  readonly #unsubscribe: (() => void)[]
  #linkedTo: MeshEndpoint | undefined
  #linkPhase: string = 'off'
  #reconciling: Promise<void> = Promise.resolve()
  #canIssue = false

  constructor(options: LocalSessionOptions) {
    this.#options = options
    this.mesh = options.mesh
    this.#systemUser = ownUserSource(options.authority, {
      account: 'system',
      role: 'system',
      name: 'Muster',
    })
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
      canIssue: this.#canIssue,
      ...localCondition(mesh.server, link.state, wasConnected, mesh.limitation()),
    }
  }

  endpoint(): MeshEndpoint | undefined {
    return this.mesh.endpoint()
  }

  targetOf(tenant: string): ConnectionTarget | undefined {
    const endpoint = this.endpoint()
    if (endpoint === undefined) return undefined
    return { ...targetAt(endpoint, 'muster console'), credentials: this.#consoleOf(tenant) }
  }

  serves(): boolean {
    return true
  }

  async begin(): Promise<void> {
    this.#options.tenants.followOwn()
    this.#refreshCanIssue()
    await this.mesh.keepRunning()
  }

  async hurry(): Promise<void> {
    this.#options.link.hurry()
    this.#refreshCanIssue()
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

  /** Resolves once Muster's own connection stands and the accounts have been compared. */
  async connected(signal: AbortSignal): Promise<void> {
    await this.#options.link.connected(signal)
    await orAborted(this.#reconciling, signal)
  }

  async end(): Promise<void> {
    this.#ending.abort()
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
      this.#reconciling = this.#reconcile()
      this.#refreshCanIssue()
    }
    this.#options.changed()
  }

  async #reconcile(): Promise<void> {
    const { authority, publisher, tenants, log } = this.#options
    const { signal } = this.#ending
    try {
      const { systemAccount, accounts } = await authority.bootstrap()
      signal.throwIfAborted()
      this.#report(await publisher.reconcile([systemAccount, ...accounts], signal))
      tenants.retryPending()
    } catch (error) {
      // The next connect looks again; a push that matters is confirmed on its own.
      if (!signal.aborted) log.warn('the accounts on the mesh could not be compared', { error })
    }
  }

  #report({ repaired, foreign }: Reconciliation): void {
    if (foreign.length > 0) {
      this.#options.notify({
        level: 'error',
        title: 'Somebody else wrote accounts into the mesh',
        text: `Account JWTs that this mesh’s operator did not sign were found for ${foreign.join(', ')}. Those of Muster’s own accounts were put right. Find out who holds a key of the system account.`,
      })
    } else if (repaired.length > 0) {
      this.#options.notify({
        level: 'warning',
        title: 'Accounts on the mesh were put right',
        text: `The server held something else than Muster had recorded for ${repaired.map(({ name }) => name).join(', ')}.`,
      })
    }
  }

  #refreshCanIssue(): void {
    const { authority, log } = this.#options
    authority.canIssue(this.mesh.settings.tenant).then(
      (canIssue) => {
        if (this.#canIssue === canIssue || this.#ending.signal.aborted) return
        this.#canIssue = canIssue
        this.#options.changed()
      },
      (error: unknown) =>
        log.warn('can not tell whether this mesh issues', { error: toMusterError(error) }),
    )
  }

  #consoleOf(tenant: string): CredentialsSource {
    const existing = this.#consoles.get(tenant)
    if (existing !== undefined) return existing
    const user = { account: { tenant }, role: 'console', name: 'Muster console' } as const
    const source = ownUserSource(this.#options.authority, user)
    this.#consoles.set(tenant, source)
    return source
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
