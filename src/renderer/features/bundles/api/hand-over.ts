import { useMutation, useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Addresses of this computer at which a bundle may be fetched. */
export function useBundleServers() {
  const { queries } = useApi()
  return useQuery(queries.bundles.servers.queryOptions({ staleTime: 0, retry: false }))
}

/** A code for the bundle that waits. It is gone from memory with what shows it. */
export function useNewCode() {
  const { client } = useApi()
  return useMutation({
    mutationFn: (id: string) => client.bundles.newCode({ id }),
    gcTime: 0,
  })
}
