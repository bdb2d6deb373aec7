import type { NatsConnection } from '@nats-io/nats-core'
import { toMusterError, TransientError, type MusterError } from '#shared/errors.ts'
import type { Logger } from '../log/logger.ts'
import {
  openMeshConnection,
  type MeshConnection,
  type MeshConnectionOptions,
} from './connection.ts'
import { orAborted } from '../steps/or-aborted.ts'
import { Backoff, pause } from './waiting.ts'

const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 5_000

/** What a connection is opened with; the log is the keeper's own. */
export type ConnectionTarget = Omit<MeshConnectionOptions, 'log'>

export interface KeptState {
  /** `connecting`: not connected yet to this target. `reconnecting`: it was, and is again soon. */
  readonly phase: 'off' | 'connecting' | 'connected' | 'reconnecting'
  readonly problem: MusterError | undefined
  readonly rttMs: number | null
  /** Times that a connection was lost and came back, over all targets. */
  readonly reconnects: number
}

/**
 * Keeps one connection to a target that may change: tries until it stands, opens it again should the
 * client give it up, and moves to another target on demand.
 */
export class KeptConnection {
  readonly #log: Logger
  readonly #listeners = new Set<() => void>()
  #target: ConnectionTarget | undefined
  #ending = new AbortController()
  #hurry = new AbortController()
  #keeping: Promise<void> = Promise.resolve()
  #connection: MeshConnection | undefined
  #problem: MusterError | undefined
  #earlierReconnects = 0
  #wasConnected = false

  constructor(log: Logger) {
    this.#log = log
  }

  get state(): KeptState {
    const connection = this.#connection
    return {
      phase: this.#phase(),
      problem: connection === undefined ? this.#problem : connection.problem,
      rttMs: connection?.rttMs ?? null,
      reconnects: this.#earlierReconnects + (connection?.reconnects ?? 0),
    }
  }

  /** Calls `listener` at each change of the state and of the connection. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** The client, also while it reconnects; undefined until it first stood. */
  current(): NatsConnection | undefined {
    return this.#connection?.nats
  }

  /** Leaves the former target and connects to this one; undefined to connect to none. */
  async use(target: ConnectionTarget | undefined): Promise<void> {
    this.#ending.abort()
    this.#target = target
    this.#problem = undefined
    this.#wasConnected = false
    const ended = this.#keeping
    this.#ending = new AbortController()
    this.#keeping = target === undefined ? ended : this.#keep(target, ended, this.#ending.signal)
    this.#emit()
    await ended
  }

  /**
   * Connects anew to the same target, with fresh credentials.
   * @throws as `connected`
   */
  async renew(signal: AbortSignal): Promise<void> {
    const target = this.#target
    if (target === undefined) throw notConnected()
    let first = true
    await this.use({
      ...target,
      credentials: (inner, fresh) => {
        const wanted = fresh || first
        first = false
        return target.credentials(inner, wanted)
      },
    })
    await this.connected(signal)
  }

  /** Tries at once where it waits for the next try. */
  hurry(): void {
    this.#hurry.abort()
  }

  /**
   * The client once it is connected.
   * @param patient waits for a target too, where there is none yet
   * @throws TransientError `MESH_NOT_CONNECTED` where there is no target; a problem that trying again
   *   does not help against; when the signal fires first its reason, or where that is a timeout
   *   the problem that hinders.
   */
  async connected(signal: AbortSignal, patient = false): Promise<NatsConnection> {
    for (;;) {
      const { phase, problem } = this.state
      const nats = this.current()
      if (phase === 'connected' && nats !== undefined) return nats
      if (phase === 'off' && !patient) throw notConnected()
      if (phase === 'connecting' && problem?.kind === 'rejected') throw problem
      if (signal.aborted) {
        throw isTimeout(signal.reason) ? (problem ?? notConnected()) : signal.reason
      }
      await this.#changed(signal).catch(() => undefined)
    }
  }

  async close(): Promise<void> {
    await this.use(undefined)
    await this.#keeping
    this.#listeners.clear()
  }

  #phase(): KeptState['phase'] {
    if (this.#target === undefined) return 'off'
    if (this.#connection?.state === 'connected') return 'connected'
    return this.#wasConnected ? 'reconnecting' : 'connecting'
  }

  async #keep(target: ConnectionTarget, former: Promise<void>, signal: AbortSignal): Promise<void> {
    await former
    const backoff = new Backoff(FIRST_RETRY_MS, LAST_RETRY_MS)
    while (!signal.aborted) {
      const connection = await this.#open(target, signal)
      if (connection === undefined) {
        this.#hurry = new AbortController()
        await pause(backoff.nextMs(), AbortSignal.any([signal, this.#hurry.signal]))
        continue
      }
      backoff.reset()
      await this.#hold(connection, signal)
    }
  }

  async #open(target: ConnectionTarget, signal: AbortSignal): Promise<MeshConnection | undefined> {
    // Credentials that were refused are not tried a second time.
    const refused = this.#problem?.code.startsWith('MESH_AUTH') ?? false
    try {
      return await openMeshConnection(
        {
          ...target,
          log: this.#log,
          credentials: (inner, fresh) => target.credentials(inner, fresh || refused),
        },
        signal,
      )
    } catch (error) {
      if (signal.aborted) return undefined
      const problem = toMusterError(error)
      if (problem.code !== this.#problem?.code) {
        this.#log.warn('the mesh can not be reached', { connection: target.name, error: problem })
      }
      this.#problem = problem
      this.#emit()
      return undefined
    }
  }

  /** Holds a connection until it is closed, from here or by the client. */
  async #hold(connection: MeshConnection, signal: AbortSignal): Promise<void> {
    this.#connection = connection
    this.#problem = undefined
    this.#wasConnected = true
    const unsubscribe = connection.subscribe(() => this.#emit())
    this.#emit()
    await orAborted(connection.nats.closed(), signal).catch(() => undefined)
    unsubscribe()
    this.#earlierReconnects += connection.reconnects
    this.#problem = signal.aborted ? undefined : connection.problem
    this.#connection = undefined
    await connection.close()
    this.#emit()
  }

  #changed(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const unsubscribe = this.subscribe(resolve)
    return orAborted(promise, signal).finally(unsubscribe)
  }

  #emit(): void {
    for (const listener of this.#listeners) listener()
  }
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError'
}

/** What to tell whoever needs the mesh while there is none. */
export function notConnected(): TransientError {
  return new TransientError({
    code: 'MESH_NOT_CONNECTED',
    message: 'Muster is not connected to a mesh now.',
    advice: 'Wait until the mesh is connected, or look at Health for what hinders it.',
  })
}
