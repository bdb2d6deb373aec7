import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Saves a mesh elsewhere that this profile's operator manages. */
export function useAddManaged() {
  const { queries } = useApi()
  const cache = useQueryClient()
  return useMutation(
    queries.resolver.addManaged.mutationOptions({
      onSuccess: async () => {
        await cache.invalidateQueries({ queryKey: queries.resolver.managed.key() })
        await cache.invalidateQueries({ queryKey: queries.mesh.connections.key() })
      },
    }),
  )
}
