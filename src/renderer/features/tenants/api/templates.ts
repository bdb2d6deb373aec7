import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { TenantTemplate } from '#shared/contract/tenants.ts'
import { useApi } from '../../../lib/connection/api-context.ts'

export function useTemplates() {
  const { queries } = useApi()
  return useQuery(queries.tenants.templates.queryOptions())
}

function useKept() {
  const { queries } = useApi()
  const cache = useQueryClient()
  return {
    onSuccess: (templates: TenantTemplate[]) => {
      cache.setQueryData(queries.tenants.templates.queryKey(), templates)
    },
  }
}

export function useSaveTemplate() {
  const { queries } = useApi()
  return useMutation(queries.tenants.saveTemplate.mutationOptions(useKept()))
}

export function useRemoveTemplate() {
  const { queries } = useApi()
  return useMutation(queries.tenants.removeTemplate.mutationOptions(useKept()))
}
