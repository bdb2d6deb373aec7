import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Asks the network for devices now. */
export function useRefreshDiscovery() {
  const { queries } = useApi()
  return useMutation(queries.discovery.refresh.mutationOptions())
}
