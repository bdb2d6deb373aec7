import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { TenantWiring } from '#shared/contract/tenants.ts'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Exports, imports and mappings of a tenant's account. */
export function useWiring(tenant: string) {
  const { queries } = useApi()
  return useQuery(queries.tenants.wiring.queryOptions({ input: { tenant } }))
}

/** Each change answers with the wiring as it is then; that of other tenants may have changed too. */
function useKept() {
  const { queries } = useApi()
  const cache = useQueryClient()
  return {
    onSuccess: async (wiring: TenantWiring, { tenant }: { tenant: string }) => {
      await cache.invalidateQueries({ queryKey: queries.tenants.wiring.key() })
      cache.setQueryData(queries.tenants.wiring.queryKey({ input: { tenant } }), wiring)
    },
  }
}

export function useAddExport() {
  const { queries } = useApi()
  return useMutation(queries.tenants.addExport.mutationOptions(useKept()))
}

export function useRemoveExport() {
  const { queries } = useApi()
  return useMutation(queries.tenants.removeExport.mutationOptions(useKept()))
}

export function useAddImport() {
  const { queries } = useApi()
  return useMutation(queries.tenants.addImport.mutationOptions(useKept()))
}

export function useRemoveImport() {
  const { queries } = useApi()
  return useMutation(queries.tenants.removeImport.mutationOptions(useKept()))
}

export function useSetMapping() {
  const { queries } = useApi()
  return useMutation(queries.tenants.setMapping.mutationOptions(useKept()))
}

export function useRemoveMapping() {
  const { queries } = useApi()
  return useMutation(queries.tenants.removeMapping.mutationOptions(useKept()))
}
