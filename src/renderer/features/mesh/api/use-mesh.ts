import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Switches to the local mesh (`local`) or to a saved connection. */
export function useUseMesh() {
  const { queries } = useApi()
  const cache = useQueryClient()
  return useMutation(
    queries.mesh.use.mutationOptions({
      onSuccess: () => cache.invalidateQueries({ queryKey: queries.mesh.connections.key() }),
    }),
  )
}
