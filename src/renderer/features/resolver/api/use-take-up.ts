import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Switches to a mesh. */
export function useTakeUp() {
  const { queries } = useApi()
  const cache = useQueryClient()
  return useMutation(
    queries.mesh.use.mutationOptions({
      onSuccess: async () => {
        await cache.invalidateQueries({ queryKey: queries.resolver.managed.key() })
        await cache.invalidateQueries({ queryKey: queries.mesh.connections.key() })
      },
    }),
  )
}
