import { randomUUID } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { PermissionViolationError, type Msg, type NatsConnection } from '@nats-io/nats-core'
import { TransientError } from '#shared/errors.ts'
import { dial, Dialing, type DialTarget } from '../mesh/dial.ts'
import type { UserCredentials } from '../mesh/user-credentials.ts'

/** A server that does not answer a ping for so long proves nothing either way. */
export const BARRIER_TIMEOUT_MS = 5_000

/** What the server answers where nobody listens. */
export const NO_RESPONDERS = 503

/** A subscription of the proof. */
export interface Ear {
  readonly subject: string
  readonly queue: string | undefined
  /** Set once the server has refused it, after a barrier at the latest. */
  refused: boolean
  close(): void
}

/**
 * A connection that tries what it may not. It never reconnects: what happened around a loss would be
 * unknown, and must not pass for a proof.
 */
export class ProbeConnection {
  readonly #nats: NatsConnection
  readonly #barrierTimeoutMs: number
  #refusedPublishes = new Set<string>()
  #lost = false

  private constructor(nats: NatsConnection, barrierTimeoutMs: number) {
    this.#nats = nats
    this.#barrierTimeoutMs = barrierTimeoutMs
    void this.#followStatus()
  }

  /** @throws MusterError of `dial`; the abort reason. */
  static async open(
    target: DialTarget,
    credentials: UserCredentials,
    signal: AbortSignal,
    barrierTimeoutMs = BARRIER_TIMEOUT_MS,
  ): Promise<ProbeConnection> {
    const nats = await dial({ ...target, once: true }, new Dialing(credentials), signal)
    return new ProbeConnection(nats, barrierTimeoutMs)
  }

  get serverId(): string {
    return this.#nats.info?.server_id ?? ''
  }

  get info(): NatsConnection['info'] {
    return this.#nats.info
  }

  /** Whether it was lost: nothing seen or not seen on it since counts. */
  get lost(): boolean {
    return this.#lost || this.#nats.isClosed()
  }

  /** Subscribes; `refused` tells after a barrier whether the server let it. */
  listen(subject: string, onMessage: (message: Msg, ear: Ear) => void, queue?: string): Ear {
    const ear: Ear = { subject, queue, refused: false, close: () => undefined }
    if (this.lost) return ear
    const subscription = this.#nats.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, message) => {
        if (error instanceof PermissionViolationError) ear.refused = true
        else if (error === null) onMessage(message, ear)
      },
    })
    ear.close = () => {
      if (!this.#nats.isClosed() && !subscription.isClosed()) subscription.unsubscribe()
    }
    return ear
  }

  publish(subject: string, payload: string, reply?: string): void {
    if (this.lost) return
    this.#nats.publish(subject, payload, reply === undefined ? {} : { reply })
  }

  /** Asks, and waits for the answer; undefined where none came in time. */
  async ask(subject: string, payload: string, timeoutMs: number): Promise<string | undefined> {
    if (this.lost) return undefined
    const { promise, resolve } = Promise.withResolvers<string | undefined>()
    const reply = `_INBOX.ask-${randomUUID()}`
    const ear = this.listen(reply, (message) => {
      resolve(message.headers?.code === NO_RESPONDERS ? undefined : message.string())
    })
    const timer = setTimeout(() => resolve(undefined), timeoutMs)
    this.publish(subject, payload, reply)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      ear.close()
    }
  }

  /** Whether the server refused a publish to this subject since `forgetRefusals`; after a barrier. */
  refusedPublish(subject: string): boolean {
    return this.#refusedPublishes.has(subject)
  }

  forgetRefusals(): void {
    this.#refusedPublishes = new Set()
  }

  /**
   * Resolves once the server has dealt with all that was sent on this connection, and all that it had
   * queued for it before has been heard. A server works each connection off in order, and hands a
   * message to the receivers' queues before it goes on; so after a barrier of the sender and then one of
   * the receiver, what was not heard was not delivered.
   * @throws TransientError `PROBE_CONNECTION_LOST`, `PROBE_SERVER_SLOW`.
   */
  async barrier(): Promise<void> {
    if (this.lost) throw connectionLost()
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(
      () => reject(serverSlow(this.#barrierTimeoutMs)),
      this.#barrierTimeoutMs,
    )
    try {
      await Promise.race([this.#nats.flush(), late])
    } catch (error) {
      throw this.lost ? connectionLost() : error
    } finally {
      clearTimeout(timer)
    }
    // Refused publishes come by an iterator that is some microtasks behind the pong.
    await nextTurn()
    if (this.lost) throw connectionLost()
  }

  async close(): Promise<void> {
    await this.#nats.close()
  }

  async #followStatus(): Promise<void> {
    for await (const status of this.#nats.status()) {
      if (status.type === 'error' && status.error instanceof PermissionViolationError) {
        if (status.error.operation === 'publish') this.#refusedPublishes.add(status.error.subject)
      } else if (status.type === 'disconnect' || status.type === 'staleConnection') {
        this.#lost = true
        void this.#nats.close()
      }
    }
    this.#lost = true
  }
}

function connectionLost(): TransientError {
  return new TransientError({
    code: 'PROBE_CONNECTION_LOST',
    message: 'The server ended a connection of the proof, so what happened on it is not known.',
    advice: 'Start the proof again once the mesh is steady.',
  })
}

function serverSlow(timeoutMs: number): TransientError {
  return new TransientError({
    code: 'PROBE_SERVER_SLOW',
    message: `The server did not answer within ${timeoutMs / 1000} seconds, so it is not known what it had done by then.`,
    advice: 'Start the proof again when the server is less busy, or with fewer tenants.',
  })
}
