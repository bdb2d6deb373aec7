import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Begins an import; its progress comes by the stream. */
export function useStartImport() {
  const { queries } = useApi()
  return useMutation(queries.nsc.import.mutationOptions())
}
