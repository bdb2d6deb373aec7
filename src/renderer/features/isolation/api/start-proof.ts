import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Begins a proof; how it goes on comes by the stream. */
export function useStartProof() {
  const { queries } = useApi()
  return useMutation(queries.isolation.start.mutationOptions())
}
