import { RejectedError, type MusterError } from '#shared/errors.ts'
import { dialectOf, type Dialect, type DialectName } from '#shared/protocol/dialect.ts'
import type { Logger } from '../log/logger.ts'
import type { ClaimsPublisher } from './claims-publisher.ts'
import type { MeshAuthority, MeshTenants, Notify } from './collaborators.ts'
import type { ConnectionTarget, KeptState } from './kept-connection.ts'
import type { MeshEndpoint } from './local-mesh.ts'
import type { MeshSession, SessionState } from './mesh-session.ts'
import { remoteCondition } from './mesh-state.ts'
import type { ManagedMeshSettings } from './mesh-store.ts'
import { operatorKeysOf } from './operator-keys.ts'
import { OwnAccounts } from './own-accounts.ts'
import { ownUserSource } from './own-user.ts'
import { nobodyAnswered, type ResolverWay } from './resolver-way.ts'
import { serverNotOurs, type SystemLink } from './system-link.ts'
import { demandsTls } from './transport.ts'
import type { CredentialsSource } from './user-credentials.ts'

export interface ManagedSessionOptions {
  readonly settings: ManagedMeshSettings
  readonly dialect: DialectName
  readonly way: ResolverWay
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
 * A deployment of nats-servers elsewhere, whose operator is this profile's: Muster does not run the servers,
 * but their accounts are its own, as are its users there.
 */
export class ManagedSession implements MeshSession {
  readonly ours = true
  readonly #options: ManagedSessionOptions
  readonly #own: OwnAccounts
  readonly #systemUser: CredentialsSource
  readonly #ending = new AbortController()
  #unsubscribe: () => void = () => undefined
  #linkPhase: KeptState['phase'] = 'off'
  #reconciling: Promise<void> = Promise.resolve()
  #limitation: MusterError | undefined

  constructor(options: ManagedSessionOptions) {
    this.#options = options
    this.#own = new OwnAccounts({ ...options, tenant: () => options.settings.tenant })
    this.#systemUser = ownUserSource(options.authority, {
      account: 'system',
      role: 'system',
      name: 'Muster',
    })
  }

  get id(): string {
    return this.#options.settings.id
  }

  get dialect(): Dialect {
    return dialectOf(this.#options.dialect)
  }

  get runsRegistry(): boolean {
    return this.#options.settings.registry
  }

  state(wasConnected: boolean): SessionState {
    const { settings, link } = this.#options
    const { state } = link
    const problem = state.problem === undefined ? undefined : serverNotOurs(state.problem)
    const condition = remoteCondition({ ...state, problem }, wasConnected)
    const limited = condition.state === 'connected' ? this.#limitation : undefined
    return {
      kind: 'remote',
      name: settings.name,
      deviceUrls: [...settings.urls],
      reach: 'remote',
      tls: settings.caPem !== null || settings.urls.some(demandsTls),
      serverVersion: link.current()?.info?.version ?? null,
      rttMs: state.rttMs,
      serverRestarts: 0,
      canIssue: this.#own.canIssue,
      ...condition,
      ...(limited === undefined ? {} : { problem: problemIn(limited) }),
    }
  }

  endpoint(): MeshEndpoint {
    const { urls, caPem } = this.#options.settings
    return { servers: urls, deviceUrls: urls, caPem: caPem ?? undefined }
  }

  targetOf(tenant: string): ConnectionTarget {
    return { ...this.#target('muster console'), credentials: this.#own.consoleOf(tenant) }
  }

  serves(): boolean {
    return true
  }

  async begin(): Promise<void> {
    const { authority, publisher, way, tenants, link } = this.#options
    tenants.followOwn()
    const { operatorJwt } = await authority.bootstrap()
    publisher.trust(operatorJwt)
    publisher.use(way)
    this.#own.refreshCanIssue()
    this.#unsubscribe = link.subscribe(() => this.#onLink())
    await link.use({ ...this.#target('muster'), credentials: this.#systemUser })
    this.#options.changed()
  }

  async hurry(): Promise<void> {
    this.#options.link.hurry()
    this.#own.refreshCanIssue()
  }

  async end(): Promise<void> {
    this.#ending.abort()
    this.#own.end()
    this.#unsubscribe()
    await this.#options.link.use(undefined)
    await this.#reconciling
    this.#options.publisher.use(undefined)
  }

  #target(name: string): Omit<ConnectionTarget, 'credentials'> {
    const { urls, caPem } = this.#options.settings
    return { name, servers: urls, ...(caPem === null ? {} : { caPem }) }
  }

  #onLink(): void {
    const { phase } = this.#options.link.state
    const connected = phase === 'connected' && this.#linkPhase !== 'connected'
    this.#linkPhase = phase
    if (connected) {
      this.#reconciling = this.#takeUp()
      this.#own.refreshCanIssue()
    }
    this.#options.changed()
  }

  async #takeUp(): Promise<void> {
    const { signal } = this.#ending
    this.#limitation = await this.#outdated(signal)
    await this.#own.reconcile(signal)
    // A tenant that was named before the servers ran is made now.
    await this.#requireTenant()
    this.#options.changed()
  }

  async #requireTenant(): Promise<void> {
    const { tenants, settings, log } = this.#options
    if (this.#ending.signal.aborted) return
    if (tenants.list().some(({ name }) => name === settings.tenant)) return
    try {
      await tenants.create(settings.tenant)
      this.#own.refreshCanIssue()
    } catch (error) {
      // The list of tenants shows it with its problem, and tries again.
      log.warn('the first tenant of a managed mesh is not ready', { error })
    }
  }

  /**
   * Trusts the operator by this JWT from now on, once every server does.
   * @throws RejectedError `OPERATOR_NOT_INSTALLED`; what asking the servers throws.
   */
  async installOperator(operatorJwt: string, signal: AbortSignal): Promise<void> {
    const { publisher } = this.#options
    const { lacking, lingering } = await this.#serversWithOther(operatorJwt, signal)
    if (lacking > 0) throw operatorNotInstalled(lacking)
    // A key that was stolen is worth something as long as one server trusts it.
    if (lingering > 0) throw operatorStillTrusted(lingering)
    publisher.trust(operatorJwt)
    this.#limitation = undefined
    this.#options.changed()
  }

  /** What is wrong where a server was started with an earlier JWT of our operator. */
  async #outdated(signal: AbortSignal): Promise<MusterError | undefined> {
    try {
      const { operatorJwt } = await this.#options.authority.bootstrap()
      const { lacking, lingering } = await this.#serversWithOther(operatorJwt, signal)
      if (lacking > 0) return operatorOutdated(lacking)
      return lingering > 0 ? operatorStillTrusted(lingering) : undefined
    } catch {
      // A look that fails says nothing; pushes are confirmed on their own.
      return undefined
    }
  }

  /**
   * How many servers do not trust all keys of the operator (`lacking`), or besides them some that it has no more
   * (`lingering`). One that does not say counts as lacking.
   */
  async #serversWithOther(
    operatorJwt: string,
    signal: AbortSignal,
  ): Promise<{ readonly lacking: number; readonly lingering: number }> {
    const wanted = operatorKeysOf(operatorJwt)
    const { roster } = this.#options.publisher
    const servers = await roster.trust(signal)
    if (servers.length === 0) throw nobodyAnswered('a question about its operator')
    const silent = (await roster.servers(signal)).length - servers.length
    const keys = servers.map(
      ({ operators }) => operators.find(({ publicKey }) => publicKey === wanted[0])?.keys ?? [],
    )
    const complete = keys.filter((trusted) => wanted.every((key) => trusted.includes(key)))
    return {
      lacking: servers.length - complete.length + Math.max(silent, 0),
      lingering: complete.filter(({ length }) => length > wanted.length).length,
    }
  }
}

function problemIn(error: MusterError): SessionState['problem'] {
  const { code, kind, message, advice, details } = error
  return { code, kind, message, advice, details: { ...details } }
}

function operatorNotInstalled(servers: number): RejectedError {
  return new RejectedError({
    code: 'OPERATOR_NOT_INSTALLED',
    message: `${servers === 1 ? 'A server' : `${servers} servers`} of this mesh ${servers === 1 ? 'does' : 'do'} not know the changed operator yet. What its new key signs would be refused there.`,
    advice:
      'Copy the server configuration (Settings, Mesh) to every server and reload or, before 2.10, restart it. Then go on.',
  })
}

function operatorOutdated(servers: number): RejectedError {
  return new RejectedError({
    code: 'OPERATOR_OUTDATED',
    message: `${servers === 1 ? 'A server' : `${servers} servers`} of this mesh still ${servers === 1 ? 'has' : 'have'} an earlier JWT of your operator, which does not list all of its signing keys. Accounts that a newer key signs are refused there.`,
    advice:
      'Copy the server configuration again (Settings, Mesh), put it on every server and reload them.',
  })
}

function operatorStillTrusted(servers: number): RejectedError {
  const [which, trust] = servers === 1 ? ['A server', 'trusts'] : [`${servers} servers`, 'trust']
  return new RejectedError({
    code: 'OPERATOR_NOT_INSTALLED',
    message: `${which} of this mesh still ${trust} a signing key that your operator has no more. Accounts that somebody signs with it are let in there.`,
    advice:
      'Copy the server configuration once more (Settings, Mesh), put it on every server and reload or, before 2.10, restart it. Then go on.',
  })
}
