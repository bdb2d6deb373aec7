import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Saves a context as a connection. */
export function useImportContext() {
  const { queries } = useApi()
  const cache = useQueryClient()
  return useMutation(
    queries.nsc.importContext.mutationOptions({
      onSuccess: () => cache.invalidateQueries({ queryKey: queries.mesh.connections.key() }),
    }),
  )
}
