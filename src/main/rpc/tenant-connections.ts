import type { NatsConnection } from '@nats-io/nats-core'

/** What speaking in a tenant needs of the mesh, for as long as somebody watches. */
export interface TenantConnections {
  /**
   * Hears the connection that may speak in this tenant: at once, and whenever the connection
   * object is replaced or goes. A reconnect of the same object is no change.
   */
  subscribe(tenant: string, listener: (connection: NatsConnection | undefined) => void): () => void
}

/** The same for a single call: opened where there is none yet. */
export interface TenantConnector {
  /** @throws TransientError where the mesh can't be reached. */
  connectionFor(tenant: string, signal: AbortSignal): Promise<NatsConnection>
}
