import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** What runs, and where it keeps its files. */
export function useAppInfo() {
  const { queries } = useApi()
  return useQuery(queries.app.info.queryOptions({ staleTime: Infinity }))
}
