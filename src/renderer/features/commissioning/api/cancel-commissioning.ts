import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Stops a job; what it did so far is taken back. */
export function useCancelCommissioning() {
  const { queries } = useApi()
  return useMutation(queries.commissioning.cancel.mutationOptions())
}
