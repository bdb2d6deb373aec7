import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Places on this computer in which nsc keeps something. */
export function useLocations() {
  const { queries } = useApi()
  return useQuery(queries.nsc.locations.queryOptions())
}
