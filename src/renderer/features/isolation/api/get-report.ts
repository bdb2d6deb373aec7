import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** A whole report. */
export function useReport(id: string) {
  const { queries } = useApi()
  return useQuery(queries.isolation.report.queryOptions({ input: { id }, retry: false }))
}
