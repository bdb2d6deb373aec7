import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Writes a store into a folder. */
export function useExportStore() {
  const { queries } = useApi()
  return useMutation(queries.nsc.export.mutationOptions())
}
