import type { Tenant } from '#shared/contract/tenants.ts'
import { LIVE, useLive } from './use-live.ts'
import { useStream, type LiveSource } from './use-stream.ts'

const source: LiveSource<{ type: 'snapshot'; tenants: Tenant[] }, readonly Tenant[]> = {
  key: [LIVE, 'tenants'],
  open: (client, signal) => client.tenants.watch(undefined, { signal }),
  reduce: (_state, update) =>
    update.tenants.toSorted((one, other) => one.name.localeCompare(other.name)),
}

export function useTenantsStream(): void {
  useStream(source)
}

/** The tenants of the mesh by name; undefined until main told them. */
export function useTenants(): readonly Tenant[] | undefined {
  return useLive<readonly Tenant[]>(source.key)
}
