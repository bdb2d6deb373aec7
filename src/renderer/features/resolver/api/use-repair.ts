import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'
import { REPORT_KEY } from './use-report.ts'

/** Brings record and servers together for one account; the answer is a new look. */
export function useRepair() {
  const { queries } = useApi()
  const cache = useQueryClient()
  return useMutation(
    queries.resolver.repair.mutationOptions({
      onSuccess: (report) => cache.setQueryData(REPORT_KEY, report),
    }),
  )
}
