import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Removes a report from this profile. */
export function useRemoveReport() {
  const { queries } = useApi()
  return useMutation(queries.isolation.remove.mutationOptions())
}
