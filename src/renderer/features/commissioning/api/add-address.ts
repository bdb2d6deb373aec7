import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Adds a device that does not show by itself. */
export function useAddAddress() {
  const { queries } = useApi()
  return useMutation(queries.discovery.addAddress.mutationOptions())
}
