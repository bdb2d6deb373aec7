import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Creates a tenant on a mesh whose keys Muster holds. */
export function useCreateTenant() {
  const { queries } = useApi()
  return useMutation(queries.tenants.create.mutationOptions())
}
