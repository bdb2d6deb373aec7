import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Ids of all that a filter lets through, up to the most that one revocation may name. */
export function useListIds() {
  const { queries } = useApi()
  return useMutation(queries.credentials.ids.mutationOptions())
}
