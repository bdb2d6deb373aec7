import { randomUUID } from 'node:crypto'
import { connect } from '@nats-io/transport-node'
import { dialectOf, type DialectName } from '#shared/protocol/dialect.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { EtcdStore } from '../../../src/main/registry/etcd/etcd-store.ts'
import { openEtcd3Client } from '../../../src/main/registry/etcd/etcd3-client.ts'
import { openRegistry, type Registry } from '../../../src/main/registry/registry.ts'
import type { EtcdConfig } from '../../../src/main/registry/sidecar-messages.ts'

export interface EtcdRegistryOptions {
  readonly natsUrl: string
  readonly endpoints: readonly string[]
  readonly dialect?: DialectName
  readonly etcd?: Partial<EtcdConfig>
}

/** A registry on etcd in this process: the real parts, without the process around them. */
export interface EtcdRegistry {
  readonly registry: Registry
  readonly store: EtcdStore
  /** Stops in good order. */
  close(): Promise<void>
  /** Loses both connections at once, as a process that is killed does. Nothing is signed off. */
  drop(): Promise<void>
}

export async function startEtcdRegistry(options: EtcdRegistryOptions): Promise<EtcdRegistry> {
  const dialect = dialectOf(options.dialect ?? 'device-connect')
  const logger = silentLogger()
  const client = openEtcd3Client({
    endpoints: [...options.endpoints],
    caPem: null,
    clientCertificate: null,
    user: null,
    compactAfterSeconds: null,
    ...options.etcd,
  })
  const instanceId = randomUUID()
  const { compactAfterSeconds = null } = options.etcd ?? {}
  const names = { dialect, logger, instanceId }
  const store = new EtcdStore({ client, ...names, compactAfterSeconds, lookEveryMs: 300 })
  const registry = await openRegistry({ dialect, store, logger }, AbortSignal.timeout(20_000))
  const connection = await connect({
    servers: options.natsUrl,
    reconnectTimeWait: 50,
    maxReconnectAttempts: -1,
  })
  registry.serve(connection)
  await connection.flush()
  let open = true
  return {
    registry,
    store,
    close: async () => {
      if (!open) return
      open = false
      await registry.close()
      await connection.close()
      await store.close()
    },
    drop: async () => {
      open = false
      client.close()
      await connection.close()
    },
  }
}
