import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { RecoveryState } from '#shared/contract/recovery.ts'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Kits, identity keys and what to do next. A loan ends by itself, so it is asked for again then. */
export function useRecoveryState() {
  const { queries } = useApi()
  return useQuery(
    queries.recovery.state.queryOptions({
      staleTime: 0,
      refetchInterval: ({ state }) => untilLoanEnds(state.data),
    }),
  )
}

/** Takes over what a call answered, or asks again where it answered something else. */
export function useTakeRecoveryState(): (state?: RecoveryState) => void {
  const { queries } = useApi()
  const cache = useQueryClient()
  return (state) => {
    const key = queries.recovery.state.queryKey()
    if (state === undefined) void cache.invalidateQueries({ queryKey: key })
    else cache.setQueryData(key, state)
  }
}

function untilLoanEnds(state: RecoveryState | undefined): number | false {
  if (state === undefined || state.lentUntil === null) return false
  return Math.max(1_000, Date.parse(state.lentUntil) - Date.now() + 500)
}
