import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Reads a store, found or named; changes nothing. */
export function useScan() {
  const { queries } = useApi()
  return useMutation(queries.nsc.scan.mutationOptions())
}
