import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Creates a tenant in either mode, with settings of its own. */
export function useCreateTenantWith() {
  const { queries } = useApi()
  return useMutation(queries.tenants.createWith.mutationOptions())
}

/** Tries a tenant that is not ready at once. */
export function useRetryTenant() {
  const { queries } = useApi()
  return useMutation(queries.tenants.retry.mutationOptions())
}

/** Sets what an account may use; the panel's figures are read again. */
export function useSetLimits() {
  const { queries } = useApi()
  const cache = useQueryClient()
  return useMutation(
    queries.tenants.setLimits.mutationOptions({
      onSuccess: () => cache.invalidateQueries({ queryKey: queries.tenants.detail.key() }),
    }),
  )
}

/** Clears a tenant; resolves when everything of it is gone. */
export function useClearTenant() {
  const { queries } = useApi()
  return useMutation(queries.tenants.clear.mutationOptions())
}
