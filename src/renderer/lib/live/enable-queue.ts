import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../connection/api-context.ts'

/** Gives a tenant's account what queued commands take. */
export function useEnableQueue() {
  const { queries } = useApi()
  const client = useQueryClient()
  return useMutation(
    queries.queue.enable.mutationOptions({
      onSuccess: () => client.invalidateQueries({ queryKey: queries.queue.lag.key() }),
    }),
  )
}
