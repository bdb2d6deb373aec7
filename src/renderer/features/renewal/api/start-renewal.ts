import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

export function useStartRenewal() {
  const { queries } = useApi()
  return useMutation(queries.renewal.start.mutationOptions())
}
