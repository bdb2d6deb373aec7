import type {
  EtcdAccess,
  EtcdReport,
  RegistryStore,
  StoreOrder,
} from '#shared/contract/registry-store.ts'
import { NEVER } from '#shared/never.ts'
import type { ContractImplementer } from './implementer.ts'

/** What the window asks about where the registry keeps devices. */
export interface RegistryStoreCalls {
  get(): RegistryStore
  test(access: EtcdAccess | null, signal: AbortSignal): Promise<EtcdReport>
  use(order: StoreOrder): Promise<RegistryStore>
}

export function registryStoreRouter(
  os: ContractImplementer['registryStore'],
  store: RegistryStoreCalls,
) {
  return {
    get: os.get.handler(() => store.get()),
    test: os.test.handler(({ input, signal }) => store.test(input, signal ?? NEVER)),
    use: os.use.handler(({ input }) => store.use(input)),
  }
}
