import { useQuery } from '@tanstack/react-query'
import type { RevocationTarget } from '#shared/contract/credentials.ts'
import { useApi } from '../../../lib/connection/api-context.ts'

/** What a revocation would take down, as it is now; not kept for later. */
export function useImpact(target: RevocationTarget | null) {
  const { client } = useApi()
  return useQuery({
    queryKey: ['revocation-impact', target],
    queryFn: ({ signal }) => {
      if (target === null) return null
      return client.credentials.impact(target, { signal })
    },
    enabled: target !== null,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
  })
}
