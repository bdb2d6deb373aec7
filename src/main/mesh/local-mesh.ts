import { isIP } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { MeshReach } from '#shared/contract/mesh.ts'
import type { MusterError } from '#shared/errors.ts'
import type { Logger } from '../log/logger.ts'
import type { MeshAuthority } from './collaborators.ts'
import { LocalServer, type LocalServerState, type ServerPlan } from './local-server.ts'
import { MeshCertificates, type MeshTls } from './mesh-certificates.ts'
import type { ServerAccounts } from './mesh-files.ts'
import type { LocalMeshSettings } from './mesh-store.ts'
import { findNatsServer } from './nats-server-binary.ts'
import { bindAddressOf, LOOPBACK, urlHost, type Interfaces } from './network-addresses.ts'
import { addressNotAvailable, type MeshPorts } from './ports.ts'
import type { SecretStore } from './secret-store.ts'
import type { MeshPaths } from './server-config.ts'
import { pause } from './waiting.ts'

/** How often it is looked whether the mesh's address came or went. */
const ADDRESS_INTERVAL_MS = 3_000
/** The same for a host name, which takes a question to the DNS each time. */
const NAME_INTERVAL_MS = 30_000
/** How often it is looked whether the certificate wants to be renewed. */
const CERTIFICATE_INTERVAL_MS = 6 * 60 * 60 * 1000
/**
 * How long a restart waits for the authority's word on the accounts. A push under way may itself be
 * waiting for the server; the resolver's folder then stays as it is.
 */
const ACCOUNTS_TIMEOUT_MS = 500

/** Where the server can be reached by this app, and by devices. */
export interface MeshEndpoint {
  readonly servers: readonly string[]
  readonly deviceUrls: readonly string[]
  readonly caPem: string | undefined
}

export interface LocalMeshOptions {
  readonly paths: MeshPaths
  readonly logFolder: string
  readonly resourcesFolder: string | null
  readonly natsServerPath: () => string | null
  readonly keychain: SecretStore
  readonly authority: Pick<MeshAuthority, 'bootstrap'>
  /** Told the operator's JWT before any server runs on it. */
  readonly trust: (operatorJwt: string) => void
  readonly log: Logger
  readonly interfaces: Interfaces
  readonly addressIntervalMs?: number
}

/**
 * The mesh that this computer carries: a nats-server at the address that stands in credentials. Where
 * the computer does not have that address now, the server listens on loopback, so that the app
 * works on, and moves back when the address is there again.
 */
export class LocalMesh {
  readonly #options: LocalMeshOptions
  readonly #server: LocalServer
  #settings: LocalMeshSettings
  #ports: MeshPorts
  #endpoint: MeshEndpoint | undefined
  #tls: MeshTls | undefined
  /** The server listens on loopback for want of its address. */
  #hidden = false
  #accounts: ServerAccounts | undefined
  #watching = new AbortController()

  constructor(options: LocalMeshOptions, settings: LocalMeshSettings, ports: MeshPorts) {
    this.#options = options
    this.#settings = settings
    this.#ports = ports
    this.#server = new LocalServer({
      paths: options.paths,
      logFolder: options.logFolder,
      log: options.log,
      plan: (signal) => this.#plan(signal),
    })
  }

  get settings(): LocalMeshSettings {
    return this.#settings
  }

  get server(): LocalServerState {
    return this.#server.state
  }

  subscribe(listener: () => void): () => void {
    return this.#server.subscribe(listener)
  }

  /** The endpoint of the server that runs, or ran last; undefined before it ever did. */
  endpoint(): MeshEndpoint | undefined {
    return this.#endpoint
  }

  /** Why devices can't reach a mesh that runs; undefined where nothing is wrong. */
  limitation(): MusterError | undefined {
    return this.#hidden ? addressNotAvailable(addressOf(this.#settings.reach)) : undefined
  }

  /**
   * Starts the server; the first start has to succeed, and at the very address.
   * @throws MusterError that says what hinders it.
   */
  async start(signal: AbortSignal): Promise<void> {
    const { reach } = this.#settings
    if ((await this.#bindAddress(reach)) === undefined) throw addressNotAvailable(addressOf(reach))
    await this.#server.start(signal)
    this.#watch()
  }

  /** Starts the server and keeps trying; the state tells what hinders it. */
  async keepRunning(): Promise<void> {
    await this.#server.keepRunning()
    this.#watch()
  }

  /** Changes the reach; takes effect with the next `start`. */
  configure(reach: MeshReach, ports: MeshPorts): void {
    this.#settings = { ...this.#settings, reach }
    this.#ports = ports
  }

  /** Tries at once where it waits before the next try. */
  async hurry(): Promise<void> {
    if (this.#server.state.phase === 'waiting') await this.#server.restart()
  }

  /** Starts a running server anew, on what the authority has recorded by then. */
  restart(): Promise<void> {
    return this.#server.restart()
  }

  async stop(): Promise<void> {
    this.#watching.abort()
    await this.#server.stop()
  }

  async #plan(signal: AbortSignal): Promise<ServerPlan> {
    const { natsServerPath, resourcesFolder, paths, keychain, log } = this.#options
    const { reach, id } = this.#settings
    const search = { settingsPath: natsServerPath(), resourcesFolder }
    const binary = await findNatsServer(search, signal)
    const accounts = await this.#currentAccounts()
    const address = await this.#bindAddress(reach)
    const host = address ?? LOOPBACK
    this.#hidden = address === undefined
    this.#tls =
      reach.kind === 'network' && reach.tls
        ? await new MeshCertificates({ paths, keychain, meshId: id, log }).provide(reach.address)
        : undefined
    this.#endpoint = this.#endpointAt(host)
    const tls = this.#tls?.files
    return { binary, host, ports: this.#ports, accounts, ...(tls === undefined ? {} : { tls }) }
  }

  async #currentAccounts(): Promise<ServerAccounts> {
    const { authority, trust } = this.#options
    const asking = authority.bootstrap()
    const known = this.#accounts
    const late = Symbol('late')
    const accounts = await Promise.race([
      asking,
      ...(known === undefined ? [] : [delay(ACCOUNTS_TIMEOUT_MS, late, { ref: false })]),
    ])
    if (typeof accounts === 'symbol') {
      asking.catch(() => undefined)
      return { ...(known as ServerAccounts), accounts: [] }
    }
    this.#accounts = accounts
    trust(accounts.operatorJwt)
    return accounts
  }

  #endpointAt(host: string): MeshEndpoint {
    const { reach } = this.#settings
    const scheme = this.#tls === undefined ? 'nats' : 'tls'
    const urlAt = (at: string) => `${scheme}://${urlHost(at)}:${this.#ports.client}`
    return {
      servers: [urlAt(host)],
      deviceUrls: [urlAt(addressOf(reach))],
      caPem: this.#tls?.caPem,
    }
  }

  #bindAddress(reach: MeshReach): Promise<string | undefined> {
    return bindAddressOf(reach, this.#options.interfaces)
  }

  #watch(): void {
    this.#watching.abort()
    this.#watching = new AbortController()
    void this.#watchAddress(this.#watching.signal)
    void this.#watchCertificate(this.#watching.signal)
  }

  async #watchAddress(signal: AbortSignal): Promise<void> {
    const usualMs =
      isIP(addressOf(this.#settings.reach)) === 0 ? NAME_INTERVAL_MS : ADDRESS_INTERVAL_MS
    const intervalMs = this.#options.addressIntervalMs ?? usualMs
    while (!signal.aborted && this.#settings.reach.kind === 'network') {
      await pause(intervalMs, signal)
      const { plan } = this.#server.state
      const wanted = (await this.#bindAddress(this.#settings.reach)) ?? LOOPBACK
      if (signal.aborted || plan === undefined || plan.host === wanted) continue
      this.#options.log.warn('the address of the mesh came or went', { listeningOn: wanted })
      await this.#server.restart()
    }
  }

  async #watchCertificate(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(CERTIFICATE_INTERVAL_MS, signal)
      if (signal.aborted || this.#tls === undefined || this.#tls.renewAt > new Date()) continue
      await this.#server.restart()
    }
  }
}

function addressOf(reach: MeshReach): string {
  return reach.kind === 'network' ? reach.address : LOOPBACK
}
