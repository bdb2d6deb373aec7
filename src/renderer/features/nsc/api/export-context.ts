import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Writes a context for a tenant or a connection. */
export function useExportContext() {
  const { queries } = useApi()
  const cache = useQueryClient()
  return useMutation(
    queries.nsc.exportContext.mutationOptions({
      onSuccess: () => cache.invalidateQueries({ queryKey: queries.nsc.contexts.key() }),
    }),
  )
}
