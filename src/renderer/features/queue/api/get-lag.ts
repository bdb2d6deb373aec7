import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

const REFRESH_MS = 5_000

/** How far a tenant's devices are behind with queued commands; read again while it is looked at. */
export function useLag(tenant: string) {
  const { queries } = useApi()
  return useQuery(
    queries.queue.lag.queryOptions({ input: { tenant }, refetchInterval: REFRESH_MS }),
  )
}
