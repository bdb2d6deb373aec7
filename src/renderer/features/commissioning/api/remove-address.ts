import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Takes a device that was added by its address off the list. */
export function useRemoveAddress() {
  const { queries } = useApi()
  return useMutation(queries.discovery.removeAddress.mutationOptions())
}
