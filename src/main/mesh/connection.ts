import {
  UserAuthenticationExpiredError,
  type NatsConnection,
  type Status,
} from '@nats-io/nats-core'
import { messageOf, type MusterError } from '#shared/errors.ts'
import type { Logger } from '../log/logger.ts'
import { explainConnectionError, isRefusal } from './connection-error.ts'
import { dial, Dialing, type DialTarget } from './dial.ts'
import type { CredentialsSource } from './user-credentials.ts'
import { pause } from './waiting.ts'

const RTT_INTERVAL_MS = 5_000

/** New credentials are fetched when this much of their life is left, or half of a short one. */
const RENEW_BEFORE_EXPIRY_MS = 10 * 60_000
const RENEW_RETRY_MS = 10_000

export interface MeshConnectionOptions extends DialTarget {
  readonly credentials: CredentialsSource
  readonly log: Logger
  /** Milliseconds between measurements of the round-trip time. */
  readonly rttIntervalMs?: number
}

export type MeshConnectionState = 'connected' | 'reconnecting' | 'closed'

/**
 * Opens a connection that reconnects forever and renews its credentials by itself.
 * @throws MusterError as `explainConnectionError` tells, or what `credentials` throws; the abort
 *   reason when the signal fires first.
 */
export async function openMeshConnection(
  options: MeshConnectionOptions,
  signal: AbortSignal,
): Promise<MeshConnection> {
  const dialing = new Dialing(await options.credentials(signal, false))
  return new MeshConnection(options, dialing, await dial(options, dialing, signal))
}

/** One NATS connection with its state, round-trip time and number of reconnects. */
export class MeshConnection {
  readonly nats: NatsConnection
  readonly #options: MeshConnectionOptions
  readonly #dialing: Dialing
  readonly #listeners = new Set<() => void>()
  readonly #closing = new AbortController()
  #state: MeshConnectionState = 'connected'
  #problem: MusterError | undefined
  #rttMs: number | null = null
  #reconnects = 0

  constructor(options: MeshConnectionOptions, dialing: Dialing, nats: NatsConnection) {
    this.nats = nats
    this.#options = options
    this.#dialing = dialing
    void this.#followStatus()
    void this.#sampleRtt()
    void this.#renewCredentials()
  }

  get state(): MeshConnectionState {
    return this.#state
  }

  /** Why it does not reconnect right now, if the server gave a reason. */
  get problem(): MusterError | undefined {
    return this.#problem
  }

  /** Milliseconds; null until measured and while there is no connection. */
  get rttMs(): number | null {
    return this.#rttMs
  }

  get reconnects(): number {
    return this.#reconnects
  }

  /** Calls `listener` whenever state, problem, round-trip time or reconnects changed. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Ends it. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    await this.nats.close()
    this.#setState('closed')
    this.#listeners.clear()
  }

  async #followStatus(): Promise<void> {
    for await (const status of this.nats.status()) this.#onStatus(status)
    const reason = await this.nats.closed()
    if (reason instanceof Error) this.#problem = this.#explain(reason)
    this.#setState('closed')
  }

  #onStatus(status: Status): void {
    switch (status.type) {
      case 'disconnect':
        this.#rttMs = null
        this.#setState('reconnecting')
        break
      case 'reconnect':
        this.#reconnects += 1
        this.#dialing.connected()
        this.#problem = undefined
        this.#setState('connected')
        break
      case 'error':
        this.#onServerError(status.error)
        break
      case 'forceReconnect':
      case 'reconnecting':
      case 'staleConnection':
      case 'update':
      case 'ldm':
      case 'ping':
      case 'slowConsumer':
      case 'close':
        break
    }
  }

  #onServerError(error: Error): void {
    this.#options.log.warn('the server reports an error', { on: this.#options.name, error })
    const refused = isRefusal(error) || error instanceof UserAuthenticationExpiredError
    if (!refused) return
    // What cuts a connection that stood may be mended by the very next credentials.
    if (this.#state !== 'connected') this.#dialing.refused()
    this.#problem = this.#explain(error)
    void this.#fetchCredentials()
    this.#emit()
  }

  async #renewCredentials(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      const { expiresAt } = this.#dialing.credentials
      if (expiresAt === null) return
      const lifeMs = expiresAt.getTime() - Date.now()
      await pause(Math.max(lifeMs / 2, lifeMs - RENEW_BEFORE_EXPIRY_MS, RENEW_RETRY_MS), signal)
      if (!signal.aborted) await this.#fetchCredentials()
    }
  }

  /** Replaces the credentials for the next dial. Keeps the old ones when there are none. */
  async #fetchCredentials(): Promise<void> {
    try {
      this.#dialing.credentials = await this.#options.credentials(this.#closing.signal, true)
    } catch (error) {
      if (this.#closing.signal.aborted) return
      this.#options.log.warn('no new credentials', { for: this.#options.name, error })
    }
  }

  async #sampleRtt(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted && !this.nats.isClosed()) {
      try {
        if (this.#state === 'connected') {
          this.#rttMs = Math.round((await this.nats.rtt()) * 100) / 100
          this.#emit()
        }
      } catch (error) {
        // Lost in between: the status says so.
        this.#options.log.debug('no round-trip time', { reason: messageOf(error) })
      }
      await pause(this.#options.rttIntervalMs ?? RTT_INTERVAL_MS, signal)
    }
  }

  #explain(error: unknown): MusterError {
    return explainConnectionError(error, this.#options.servers)
  }

  #setState(state: MeshConnectionState): void {
    if (this.#state === state) return
    this.#state = state
    this.#emit()
  }

  #emit(): void {
    for (const listener of this.#listeners) listener()
  }
}
