import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Everything that can be tried; it never changes. */
export function useProbes() {
  const { queries } = useApi()
  return useQuery(queries.isolation.probes.queryOptions({ staleTime: Infinity }))
}
