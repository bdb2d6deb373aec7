import type { NatsConnection } from '@nats-io/nats-core'
import type { Logger } from '../log/logger.ts'
import {
  KeptConnection,
  notConnected,
  type ConnectionTarget,
  type KeptState,
} from './kept-connection.ts'

/** How long a call waits for the connection of its tenant. */
const CONNECT_TIMEOUT_MS = 10_000

/** Where tenants are; both answers change when the mesh is switched, see `retarget`. */
export interface TenantPlaces {
  /** Where and as whom to connect; undefined where that is not known, or never will be. */
  targetOf(tenant: string): ConnectionTarget | undefined
  /** Whether the mesh in use has or may get this tenant. */
  serves(tenant: string): boolean
}

type Listener = (connection: NatsConnection | undefined) => void

/**
 * The app's connections into tenants, as a console user of each. Opened when somebody first asks
 * for one, kept until the mesh is switched, and opened anew then for whoever still listens.
 */
export class TenantPool {
  readonly #log: Logger
  readonly #places: TenantPlaces
  readonly #entries = new Map<string, Entry>()

  constructor(log: Logger, places: TenantPlaces) {
    this.#log = log
    this.#places = places
  }

  /** The connection that may speak in this tenant now; undefined while there is none. */
  current(tenant: string): NatsConnection | undefined {
    return this.#entry(tenant).kept.current()
  }

  /**
   * Calls `listener` with the connection now and whenever its object is replaced or goes; a reconnect
   * of the same object is no change. Returns how to stop that.
   */
  subscribe(tenant: string, listener: Listener): () => void {
    const entry = this.#entry(tenant)
    entry.listeners.add(listener)
    listener(entry.told)
    return () => void entry.listeners.delete(listener)
  }

  /**
   * The connection once it stands.
   * @throws TransientError `MESH_NOT_CONNECTED`, or what hinders; the abort reason.
   */
  async connectionFor(tenant: string, signal?: AbortSignal): Promise<NatsConnection> {
    if (!this.#places.serves(tenant)) throw notConnected()
    // The usual case, and that of every call: nothing to wait for.
    const { kept } = this.#entry(tenant)
    const current = kept.current()
    if (current !== undefined && kept.state.phase === 'connected') return current
    const timeout = AbortSignal.timeout(CONNECT_TIMEOUT_MS)
    const deadline = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
    // Listening keeps the connection through a change of targets.
    const stop = this.subscribe(tenant, () => undefined)
    try {
      return await this.#entry(tenant).kept.connected(deadline, true)
    } finally {
      stop()
    }
  }

  /** State of a tenant's connection, opened if it was not. */
  stateOf(tenant: string): KeptState {
    return this.#entry(tenant).kept.state
  }

  /** Calls `listener` at every change of the state of a tenant's connection. */
  watch(tenant: string, listener: () => void): () => void {
    return this.#entry(tenant).kept.subscribe(listener)
  }

  /** Tries at once where it waits for the next try. */
  hurry(tenant: string): void {
    this.#entry(tenant).kept.hurry()
  }

  /** Leaves all connections and opens those that somebody listens to, on what is the mesh now. */
  async retarget(): Promise<void> {
    const moves = [...this.#entries].map(async ([tenant, entry]) => {
      const wanted = entry.listeners.size > 0
      if (!wanted) this.#entries.delete(tenant)
      await entry.kept.use(wanted ? this.#places.targetOf(tenant) : undefined)
    })
    await Promise.all(moves)
  }

  async close(): Promise<void> {
    const entries = [...this.#entries.values()]
    this.#entries.clear()
    await Promise.all(entries.map(({ kept }) => kept.close()))
  }

  #entry(tenant: string): Entry {
    const existing = this.#entries.get(tenant)
    if (existing !== undefined) return existing
    const entry = new Entry(this.#log)
    this.#entries.set(tenant, entry)
    void entry.kept.use(this.#places.targetOf(tenant))
    return entry
  }
}

class Entry {
  readonly kept: KeptConnection
  readonly listeners = new Set<Listener>()
  told: NatsConnection | undefined

  constructor(log: Logger) {
    this.kept = new KeptConnection(log)
    this.kept.subscribe(() => this.#tell())
  }

  #tell(): void {
    const connection = this.kept.current()
    if (connection === this.told) return
    this.told = connection
    for (const listener of this.listeners) listener(connection)
  }
}
