import { randomUUID } from 'node:crypto'
import { connect } from '@nats-io/transport-node'
import { dialectOf, type DialectName } from '#shared/protocol/dialect.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { EtcdStore } from '../../../src/main/registry/etcd/etcd-store.ts'
import { openEtcd3Client } from '../../../src/main/registry/etcd/etcd3-client.ts'
import { openRegistry, type Registry } from '../../../src/main/registry/registry.ts'
import type { EtcdConfig } from '../../../src/main/registry/sidecar-messages.ts'
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import { NEVER } from '#shared/never.ts'

export interface EtcdRegistryOptions {
  readonly natsUrl: string
  readonly endpoints: readonly string[]
  readonly dialect?: DialectName
  readonly etcd?: Partial<EtcdConfig>
  /** Reaches its servers by ways that `drop` closes. */
  readonly killable?: boolean
}

/** A registry on etcd in this process: the real parts, without the process around them. */
export interface EtcdRegistry {
  readonly registry: Registry
  readonly store: EtcdStore
  /** Stops in good order. */
  close(): Promise<void>
  /** Loses all connections at once and for good, as a process that is killed does; for the killable. */
  drop(): Promise<void>
}

export async function startEtcdRegistry(options: EtcdRegistryOptions): Promise<EtcdRegistry> {
  const ways: TcpProxy[] = []
  const wayTo = async (url: string) => {
    if (options.killable !== true) return url
    const to = new URL(url)
    const way = await startTcpProxy(Number(to.port))
    ways.push(way)
    return `${to.protocol}//127.0.0.1:${way.port}`
  }
  const dialect = dialectOf(options.dialect ?? 'device-connect')
  const logger = silentLogger()
  const client = openEtcd3Client({
    endpoints: await Promise.all(options.endpoints.map(wayTo)),
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
  const registry = await openRegistry({ dialect, store, logger }, NEVER)
  const connection = await connect({
    servers: await wayTo(options.natsUrl),
    reconnectTimeWait: 50,
    maxReconnectAttempts: -1,
  })
  registry.serve(connection)
  await connection.flush()
  const end = async () => {
    await registry.close()
    await connection.close()
    await store.close()
  }
  let ended: Promise<void> | undefined
  return {
    registry,
    store,
    close: () => (ended ??= end()),
    drop: async () => {
      for (const way of ways) await way.close()
      // What it does from now on reaches nobody.
      ended ??= end()
    },
  }
}
