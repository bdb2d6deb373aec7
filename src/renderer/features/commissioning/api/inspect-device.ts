import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Asks the device who it is, anew each time it is chosen: its key must be the one it has now. */
export function useInspection(key: string) {
  const { queries } = useApi()
  return useQuery(
    queries.commissioning.inspect.queryOptions({
      input: { key },
      staleTime: Infinity,
      gcTime: 0,
      retry: false,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
    }),
  )
}
