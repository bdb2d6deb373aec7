import {
  PermissionViolationError,
  type Msg,
  type NatsConnection,
  type Subscription,
} from '@nats-io/nats-core'
import { messageOf, TransientError } from '#shared/errors.ts'
import type { CredentialFile } from '#shared/protocol/credentials.ts'
import { parseJsonObject, type JsonObject } from '#shared/protocol/json-rpc.ts'
import { pause, type Clock } from './clock.ts'
import { connectDevice, tryConnection } from './connection.ts'

export interface LinkOptions {
  readonly credentials: CredentialFile
  readonly seed: string | undefined
  readonly clock: Clock
  /** Ends the link. */
  readonly signal: AbortSignal
  /** Connected, for the first time or again. */
  onConnected(): void
  onLost(): void
  onFailure(message: string): void
  /** The server does not let the device use this subject of JetStream. */
  onRefused(subject: string): void
}

const TRIAL_RETRY_MS = 500
/** A former connection that does not say in that time what is still under way on it is broken. */
const DRAIN_TIMEOUT_MS = 2_000

/** What a move to other credentials came to; `superseded` where a later one took its place. */
export type Move =
  | { readonly type: 'moved' }
  | { readonly type: 'kept'; readonly reason: string }
  | { readonly type: 'superseded' }

interface Listener {
  readonly subject: string
  readonly listener: (message: Msg) => void
}

/**
 * The one NATS connection of a device, kept for as long as the device runs: subscriptions outlive
 * every loss, and what is published while there is no connection is dropped, since the client
 * would store it without a bound.
 */
export class DeviceLink {
  readonly #options: LinkOptions
  readonly #listeners = new Map<symbol, Listener>()
  readonly #subscriptions = new Map<symbol, Subscription>()
  #credentials: CredentialFile
  #connection: NatsConnection | undefined
  #connected = false
  /** The move that is under way, or was the last one. */
  #latestMove = Symbol()

  constructor(options: LinkOptions) {
    this.#options = options
    this.#credentials = options.credentials
  }

  /** Connects and stays connected until the signal aborts and the link is closed. */
  async run(): Promise<void> {
    const { signal } = this.#options
    while (!signal.aborted) {
      const credentials = this.#credentials
      const connection = await connectDevice({ ...this.#options, credentials })
      if (connection === undefined) return
      this.#take(connection)
      this.#up()
      await this.#followAll()
      this.#down()
    }
  }

  /**
   * Moves over to other credentials: connects with them beside the connection that stands, and leaves
   * that one only once the server took them. A later move takes the place of one that is under way.
   */
  async moveTo(credentials: CredentialFile, until: AbortSignal): Promise<Move> {
    const { clock, signal } = this.#options
    const move = Symbol()
    this.#latestMove = move
    const either = AbortSignal.any([signal, until])
    let reason = 'there was no time to try them'
    while (!either.aborted && this.#latestMove === move) {
      const attempt = await tryConnection({ ...this.#options, credentials })
      if ('connection' in attempt) {
        if (this.#latestMove === move) await this.#exchange(attempt.connection, credentials)
        else await attempt.connection.close()
        return this.#latestMove === move ? { type: 'moved' } : { type: 'superseded' }
      }
      reason = attempt.failure
      if (attempt.refused) break
      await pause(clock, TRIAL_RETRY_MS, either)
    }
    return this.#latestMove === move ? { type: 'kept', reason } : { type: 'superseded' }
  }

  async #exchange(connection: NatsConnection, credentials: CredentialFile): Promise<void> {
    const { clock, signal } = this.#options
    // A call that the server has sent to the former connection is heard there still; one that comes
    // before the new one listens is told that nobody does, and its caller knows to try again.
    await Promise.race([this.#drain(), pause(clock, DRAIN_TIMEOUT_MS, signal)])
    if (signal.aborted) return connection.close()
    const former = this.#connection
    this.#credentials = credentials
    this.#take(connection)
    await former?.close()
    if (!this.#connected) this.#up()
  }

  async #flush(connection: NatsConnection | undefined): Promise<void> {
    const over = new AbortController()
    // A connection that breaks meanwhile has nothing left to flush; a server may stand still.
    const flushed = connection?.flush().catch(() => undefined)
    await Promise.race([flushed, pause(this.#options.clock, DRAIN_TIMEOUT_MS, over.signal)])
    over.abort()
  }

  async #drain(): Promise<void> {
    const drained = [...this.#subscriptions.values()].map((subscription) => subscription.drain())
    // One that is closed already has nothing under way.
    await Promise.allSettled(drained)
  }

  /**
   * Whether the server takes these credentials, which are then those of the link. Goes on asking while
   * no server can be reached. To be called before `run`.
   */
  async prove(credentials: CredentialFile): Promise<boolean> {
    const { clock, signal } = this.#options
    while (!signal.aborted) {
      const attempt = await tryConnection({ ...this.#options, credentials })
      if ('connection' in attempt) {
        await attempt.connection.close()
        this.#credentials = credentials
        return true
      }
      this.#options.onFailure(attempt.failure)
      if (attempt.refused) return false
      await pause(clock, TRIAL_RETRY_MS, signal)
    }
    return false
  }

  /** Listens to a subject, now and after every reconnect; the returned function ends it. */
  listen(subject: string, listener: (message: Msg) => void): () => void {
    const key = Symbol(subject)
    this.#listeners.set(key, { subject, listener })
    if (this.#connection !== undefined && !this.#connection.isClosed()) {
      this.#subscriptions.set(key, subscribe(this.#connection, { subject, listener }))
    }
    return () => {
      this.#listeners.delete(key)
      this.#subscriptions.get(key)?.unsubscribe()
      this.#subscriptions.delete(key)
    }
  }

  /** False where there is no connection, and the message is lost. */
  publish(subject: string, message: unknown): boolean {
    return this.send(subject, JSON.stringify(message))
  }

  /** Publishes text as it is; answers go to `reply`. False where there is no connection. */
  send(subject: string, text: string, reply?: string): boolean {
    if (this.#connection === undefined || !this.#connected || this.#options.signal.aborted) {
      return false
    }
    this.#connection.publish(subject, text, reply === undefined ? {} : { reply })
    return true
  }

  /**
   * Sends a request and returns the answer; undefined where that is no JSON object.
   * @throws TransientError `REQUEST_UNANSWERED`
   */
  async request(
    subject: string,
    message: unknown,
    timeoutMs: number,
  ): Promise<JsonObject | undefined> {
    if (this.#connection === undefined || !this.#connected) throw unanswered(undefined)
    try {
      const options = { timeout: timeoutMs }
      const reply = await this.#connection.request(subject, JSON.stringify(message), options)
      return parseJsonObject(reply.string())
    } catch (cause) {
      throw unanswered(cause)
    }
  }

  /** Closes; with `flush`, after everything published was handed to the server. */
  async close({ flush }: { readonly flush: boolean }): Promise<void> {
    const connection = this.#connection
    const connected = this.#connected
    this.#connected = false
    if (flush && connected) await this.#flush(connection)
    await connection?.close()
  }

  /** Nobody hears a call twice: the former connection's subscriptions end before the new ones begin. */
  #take(connection: NatsConnection): void {
    for (const subscription of this.#subscriptions.values()) subscription.unsubscribe()
    this.#connection = connection
    for (const [key, listener] of this.#listeners) {
      this.#subscriptions.set(key, subscribe(connection, listener))
    }
  }

  /** Until the connection is closed that stands then, also where it was exchanged meanwhile. */
  async #followAll(): Promise<void> {
    for (let followed; followed !== this.#connection && this.#connection !== undefined;) {
      followed = this.#connection
      await this.#follow(followed)
    }
  }

  async #follow(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (connection !== this.#connection) continue
      if (status.type === 'disconnect') this.#down()
      if (status.type === 'reconnect') this.#up()
      if (status.type === 'error') this.#onError(status.error)
    }
  }

  #onError(error: Error): void {
    // What a device is not allowed of JetStream does not keep it from being online.
    if (error instanceof PermissionViolationError && error.subject.startsWith('$JS.')) {
      this.#options.onRefused(error.subject)
    } else this.#options.onFailure(messageOf(error))
  }

  #up(): void {
    if (this.#options.signal.aborted) return
    this.#connected = true
    this.#options.onConnected()
  }

  #down(): void {
    if (!this.#connected) return
    this.#connected = false
    this.#options.onLost()
  }
}

function subscribe(connection: NatsConnection, { subject, listener }: Listener): Subscription {
  return connection.subscribe(subject, {
    callback: (error, message) => {
      if (error === null) listener(message)
    },
  })
}

function unanswered(cause: unknown): TransientError {
  return new TransientError({
    code: 'REQUEST_UNANSWERED',
    message: 'No answer came to a request.',
    advice: 'See whether the other side is online, then try again.',
    cause,
  })
}
