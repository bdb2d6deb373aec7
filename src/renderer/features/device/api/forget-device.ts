import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Takes an offline device off the list. */
export function useForgetDevice() {
  const { queries } = useApi()
  return useMutation(queries.fleet.forget.mutationOptions())
}
