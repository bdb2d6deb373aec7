import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

const REFRESH_MS = 3_000

/** Where the registry keeps devices, and how that is. */
export function useRegistryStore() {
  const { queries } = useApi()
  return useQuery(queries.registryStore.get.queryOptions({ refetchInterval: REFRESH_MS }))
}
