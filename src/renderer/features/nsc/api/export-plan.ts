import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** What a written store would hold. */
export function useExportPlan() {
  const { queries } = useApi()
  return useQuery(queries.nsc.exportPlan.queryOptions())
}
