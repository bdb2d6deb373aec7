import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Signs a report that could not be signed at its end. */
export function useSignReport() {
  const { queries } = useApi()
  const cache = useQueryClient()
  return useMutation(
    queries.isolation.sign.mutationOptions({
      onSuccess: (signed, input) =>
        cache.setQueryData(queries.isolation.report.queryKey({ input }), signed),
    }),
  )
}
