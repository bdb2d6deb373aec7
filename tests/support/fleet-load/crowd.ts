import { connect, type NatsConnection } from '@nats-io/transport-node'
import { ROOT } from './load-calls.ts'
import { idOf, registrationOf, type FleetPlan } from './records.ts'

const CONNECTING_AT_ONCE = 50
const REGISTER_TIMEOUT_MS = 3000
const RETRY_MIN_MS = 200
const RETRY_MAX_MS = 5000
const RECONNECT_MS = 200

/** Devices with a connection of their own, which register whenever that came to be, as real ones do. */
export class Crowd {
  readonly #plan: FleetPlan
  readonly #servers: readonly string[]
  readonly #onRegistered: (index: number) => void
  readonly #connections: NatsConnection[] = []
  /** Registrations after a connection was lost. */
  returned = 0

  constructor(plan: FleetPlan, servers: readonly string[], onRegistered: (index: number) => void) {
    this.#plan = plan
    this.#servers = servers
    this.#onRegistered = onRegistered
  }

  /** Connects and registers all of them. */
  async open(): Promise<void> {
    let next = 0
    const worker = async () => {
      for (let index = next++; index < this.#plan.count; index = next++) await this.#openOne(index)
    }
    await Promise.all(Array.from({ length: CONNECTING_AT_ONCE }, worker))
  }

  /** Whether the connection of a device is there: its heartbeats take it. */
  connectionOf(index: number): NatsConnection | undefined {
    return this.#connections[index]
  }

  async close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()))
  }

  async #openOne(index: number): Promise<void> {
    const connection = await connect({
      servers: [...this.#servers],
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_MS,
      reconnectJitter: 0,
    })
    this.#connections[index] = connection
    void this.#follow(connection, index)
    await this.#register(connection, index)
  }

  async #follow(connection: NatsConnection, index: number): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type !== 'reconnect') continue
      await this.#register(connection, index)
      this.returned += 1
    }
  }

  async #register(connection: NatsConnection, index: number): Promise<void> {
    const request = JSON.stringify({
      jsonrpc: '2.0',
      id: idOf(this.#plan, index),
      method: 'registerDevice',
      params: registrationOf(this.#plan, index),
    })
    const subject = `${ROOT}.${this.#plan.tenant}.registry`
    for (let pauseMs = RETRY_MIN_MS; ; pauseMs = Math.min(pauseMs * 2, RETRY_MAX_MS)) {
      try {
        const reply = await connection.request(subject, request, { timeout: REGISTER_TIMEOUT_MS })
        if (reply.string().includes('"registered"')) break
      } catch {
        if (connection.isClosed()) return
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
    this.#onRegistered(index)
  }
}
