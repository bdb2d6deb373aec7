import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** The saved connections to meshes elsewhere. */
export function useConnections() {
  const { queries } = useApi()
  return useQuery(queries.mesh.connections.queryOptions())
}
