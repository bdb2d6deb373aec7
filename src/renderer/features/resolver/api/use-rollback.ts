import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Takes an account back to an earlier version. */
export function useRollback() {
  const { queries } = useApi()
  const cache = useQueryClient()
  return useMutation(
    queries.resolver.rollback.mutationOptions({
      onSuccess: () => cache.invalidateQueries({ queryKey: queries.resolver.key() }),
    }),
  )
}
