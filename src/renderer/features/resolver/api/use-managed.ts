import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** The meshes elsewhere whose operator is this profile's. */
export function useManaged() {
  const { queries } = useApi()
  return useQuery(queries.resolver.managed.queryOptions())
}
