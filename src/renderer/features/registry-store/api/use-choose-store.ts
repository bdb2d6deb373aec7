import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { StoreOrder } from '#shared/contract/registry-store.ts'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Uses another store from now on; `read` gives it at the moment of use only. */
export function useChooseStore(read: () => StoreOrder) {
  const { client, queries } = useApi()
  const cache = useQueryClient()
  return useMutation({
    mutationFn: () => client.registryStore.use(read()),
    onSuccess: () => cache.invalidateQueries({ queryKey: queries.registryStore.key() }),
  })
}
