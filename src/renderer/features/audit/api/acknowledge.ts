import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Notes that a break was looked into. */
export function useAcknowledge() {
  const { queries } = useApi()
  return useMutation(queries.audit.acknowledge.mutationOptions())
}
