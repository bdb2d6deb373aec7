import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

const REFRESH_MS = 5_000

/** Addresses of this computer that devices could reach; cables and Wi-Fi come and go. */
export function useNetworkAddresses() {
  const { queries } = useApi()
  return useQuery(queries.mesh.networkAddresses.queryOptions({ refetchInterval: REFRESH_MS }))
}
