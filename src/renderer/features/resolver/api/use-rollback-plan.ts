import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** What going back to a version would change, as things are now. */
export function useRollbackPlan(account: string, version: number) {
  const { queries } = useApi()
  return useQuery(
    queries.resolver.planRollback.queryOptions({
      input: { account, version },
      gcTime: 0,
      retry: false,
    }),
  )
}
