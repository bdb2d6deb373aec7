import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** The saved connections, for which a context can be written. */
export function useSavedConnections() {
  const { queries } = useApi()
  return useQuery(queries.mesh.connections.queryOptions())
}
