import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Checks every entry; the status comes by its stream. */
export function useVerify() {
  const { queries } = useApi()
  return useMutation(queries.audit.verify.mutationOptions())
}
