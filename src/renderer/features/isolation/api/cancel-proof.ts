import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Ends the proof under way. */
export function useCancelProof() {
  const { queries } = useApi()
  return useMutation(queries.isolation.cancel.mutationOptions())
}
