import { join } from 'node:path'
import { startAloneRegistry, type AloneRegistry } from '../../tests/support/alone-registry.ts'
import { startEtcd, type EtcdServer } from '../../tests/support/etcd-server.ts'
import { startFleetLoad, type FleetLoad } from '../../tests/support/fleet-load/fleet-load.ts'
import { startNatsServer, type NatsServer } from '../../tests/support/nats-server.ts'
import type { Endings } from '../endings.ts'

/** A server, a registry on it and what makes load. */
export interface RegistrySite {
  readonly nats: NatsServer
  readonly registry: AloneRegistry
  readonly load: FleetLoad
  readonly folder: string
}

export interface SqliteSite extends RegistrySite {
  readonly databasePath: string
  /** Ends the registry and starts another one on the same database. */
  startAgain(): AloneRegistry
}

export interface EtcdSite extends RegistrySite {
  readonly etcd: EtcdServer
  startAgain(): AloneRegistry
}

export interface SiteOptions {
  readonly nodeArgs?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Thousands of devices come over one connection here, which is what the limits are against. */
const WITHOUT_LIMITS = { MUSTER_REGISTRY_LIMITS: 'off', MUSTER_REGISTRY_HTTP_LISTEN: 'off' }

/** Our registry as it runs alone, on its embedded store. */
export async function startSqliteSite(
  endings: Endings,
  options: SiteOptions = {},
): Promise<SqliteSite> {
  const folder = await endings.temporaryFolder()
  const databasePath = join(folder, 'registry.db')
  const site = await startSite(endings, folder, { MUSTER_REGISTRY_DATABASE: databasePath }, options)
  return { ...site, databasePath }
}

/** The same on etcd. */
export async function startEtcdSite(
  endings: Endings,
  options: SiteOptions = {},
): Promise<EtcdSite> {
  const folder = await endings.temporaryFolder()
  const etcd = endings.add(await startEtcd(), (it) => it.stop())
  const store = {
    MUSTER_REGISTRY_STORE: 'etcd',
    ETCD_HOST: etcd.host,
    ETCD_PORT: String(etcd.port),
    MUSTER_REGISTRY_DATABASE: join(folder, 'unused.db'),
  }
  return { ...(await startSite(endings, folder, store, options)), etcd }
}

async function startSite(
  endings: Endings,
  folder: string,
  store: Readonly<Record<string, string>>,
  { nodeArgs = [], env = {} }: SiteOptions,
): Promise<RegistrySite & { startAgain(): AloneRegistry }> {
  const nats = endings.add(await startNatsServer(), (it) => it.stop())
  const start = () => {
    const registry = startAloneRegistry({
      folder,
      nodeArgs,
      env: { NATS_URL: nats.url, ...WITHOUT_LIMITS, ...store, ...env },
    })
    return endings.add(registry, (it) => it.end('SIGTERM'))
  }
  const registry = start()
  await registry.serving()
  const load = endings.add(await startFleetLoad([nats.url]), (it) => it.close())
  return { nats, registry, load, folder, startAgain: start }
}
