import { useQuery } from '@tanstack/react-query'
import type { RenewalSelection } from '#shared/contract/renewal.ts'
import { useApi } from '../../../lib/connection/api-context.ts'

/** How a selection can be renewed; asked afresh each time the question is. */
export function usePlan(selection: RenewalSelection) {
  const { queries } = useApi()
  return useQuery(
    queries.renewal.plan.queryOptions({ input: { selection }, gcTime: 0, staleTime: Infinity }),
  )
}
