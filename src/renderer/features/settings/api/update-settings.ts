import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Changes settings; the cache gets what main made of it. */
export function useUpdateSettings() {
  const { queries } = useApi()
  const cache = useQueryClient()
  return useMutation(
    queries.settings.update.mutationOptions({
      onSuccess: (settings) => cache.setQueryData(queries.settings.get.queryKey(), settings),
    }),
  )
}
