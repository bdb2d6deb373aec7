import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

export function useCancelImport() {
  const { queries } = useApi()
  return useMutation(queries.nsc.cancel.mutationOptions())
}
