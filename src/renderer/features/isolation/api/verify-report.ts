import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Checks the text of a report's file. */
export function useVerifyReport() {
  const { queries } = useApi()
  return useMutation(queries.isolation.verify.mutationOptions())
}
