import { randomUUID } from 'node:crypto'
import { dialectOf } from '#shared/protocol/dialect.ts'
import type { Logger } from '../log/logger.ts'
import type { SidecarConfig } from './sidecar-messages.ts'
import { openSqliteStore } from './sqlite-store.ts'
import type { RegistryStore } from './store.ts'

export interface OpenedStore {
  readonly store: RegistryStore
  /** Where a damaged database was set aside. */
  readonly setAside: string | undefined
}

/**
 * Opens the store that the configuration names.
 * @throws RejectedError `DATABASE_UNREADABLE`, `DATABASE_TOO_NEW`
 */
export async function openStore(config: SidecarConfig, logger: Logger): Promise<OpenedStore> {
  const { etcd } = config
  if (etcd === undefined) {
    const store = openSqliteStore(config.databasePath)
    return { store, setAside: store.setAside }
  }
  // Its client takes a while to load and some memory; most registries do without.
  const [{ EtcdStore }, { openEtcd3Client }] = await Promise.all([
    import('./etcd/etcd-store.ts'),
    import('./etcd/etcd3-client.ts'),
  ])
  const store = new EtcdStore({
    client: openEtcd3Client(etcd),
    dialect: dialectOf(config.dialect),
    logger,
    instanceId: randomUUID(),
    compactAfterSeconds: etcd.compactAfterSeconds,
  })
  return { store, setAside: undefined }
}
