import { connect, type NatsConnection } from '@nats-io/transport-node'
import type {
  TenantConnections,
  TenantConnector,
} from '../../../src/main/rpc/tenant-connections.ts'

type Listener = (connection: NatsConnection | undefined) => void

/** One connection for all tenants of a test's server, which can be taken away and replaced. */
export class TestConnections implements TenantConnections, TenantConnector {
  current: NatsConnection | undefined
  readonly #listeners = new Set<Listener>()

  subscribe(_tenant: string, listener: Listener): () => void {
    this.#listeners.add(listener)
    listener(this.current)
    return () => void this.#listeners.delete(listener)
  }

  get watched(): number {
    return this.#listeners.size
  }

  async connectionFor(): Promise<NatsConnection> {
    if (this.current === undefined) throw new Error('no connection')
    return this.current
  }

  async open(url: string, options: Parameters<typeof connect>[0] = {}): Promise<NatsConnection> {
    const before = this.current
    this.current = await connect({ servers: url, reconnectTimeWait: 50, ...options })
    for (const listener of this.#listeners) listener(this.current)
    await before?.close()
    return this.current
  }

  async close(): Promise<void> {
    const { current } = this
    this.current = undefined
    for (const listener of this.#listeners) listener(undefined)
    await current?.close()
  }
}
