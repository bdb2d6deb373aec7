import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

export function useCancelRenewal() {
  const { queries } = useApi()
  return useMutation(queries.renewal.cancel.mutationOptions())
}
