import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { NewRemoteConnection } from '#shared/contract/mesh.ts'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Saves a connection; `read` gives it with its credentials at the moment of use only. */
export function useAddRemote(read: () => NewRemoteConnection) {
  const { client, queries } = useApi()
  const cache = useQueryClient()
  // Credentials are no variable of the mutation: those stay in memory after it.
  return useMutation({
    mutationFn: () => client.mesh.addRemote(read()),
    onSuccess: () => cache.invalidateQueries({ queryKey: queries.mesh.connections.key() }),
  })
}
