import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Forgets a saved connection and its credentials. */
export function useRemoveRemote() {
  const { queries } = useApi()
  const cache = useQueryClient()
  return useMutation(
    queries.mesh.removeRemote.mutationOptions({
      onSuccess: () => cache.invalidateQueries({ queryKey: queries.mesh.connections.key() }),
    }),
  )
}
