import type { RegistryStore } from '#shared/contract/registry-store.ts'
import { checkCertificates, etcdReport } from '../registry/store-choice/etcd-report.ts'
import type { RegistryStoreCalls } from '../router/registry-store.ts'
import type { Foundation } from './foundation.ts'

/** What the window asks about the store of the registry: tries it, chooses it, looks at how it is. */
export function composeRegistryStore({
  mesh,
  registry,
  stores,
  log,
}: Pick<Foundation, 'mesh' | 'registry' | 'stores' | 'log'>): RegistryStoreCalls {
  const get = (): RegistryStore => {
    const { stats, problem, runs } = registry.storeReading()
    const reading = (name: string) => stats[name] ?? 0
    return {
      ...stores.chosen(),
      runs,
      // Zero registries: it runs on the embedded store.
      condition:
        reading('etcdRegistries') === 0
          ? null
          : {
              reachable: reading('etcdReachable') === 1,
              registries: reading('etcdRegistries'),
              databaseBytes: reading('etcdDatabaseBytes'),
              quotaBytes: reading('etcdQuotaBytes'),
              membersAway: reading('etcdMembersAway'),
              outOfSpace: reading('etcdOutOfSpace') === 1,
              backlog: reading('storeBacklog'),
            },
      problem,
    }
  }
  return {
    get,
    test: async (access, signal) => {
      const config = access === null ? await stores.saved() : await stores.resolve(access)
      return etcdReport(config, mesh.dialect(), signal)
    },
    use: async (order) => {
      if (order.kind === 'etcd') checkCertificates(await stores.resolve(order.access))
      await stores.choose(order)
      log.info('The store of the registry was chosen', { kind: order.kind })
      await registry.follow()
      return get()
    },
  }
}
