import { useQuery } from '@tanstack/react-query'
import type { ResolverReport } from '#shared/contract/resolver.ts'
import { useApi } from '../../../lib/connection/api-context.ts'

export const REPORT_KEY = ['resolver-report'] as const

/** What Muster puts right by itself a moment after it connected. */
const MENDED = new Set(['missing', 'older'])
const LOOK_AGAIN_MS = 5_000

/**
 * What each server has of every account, asked when the page opens and on demand; and again as long as
 * a server lacks what Muster is about to give it.
 */
export function useReport() {
  const { client } = useApi()
  return useQuery({
    queryKey: REPORT_KEY,
    queryFn: ({ signal }) => client.resolver.look(undefined, { signal }),
    retry: false,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchInterval: ({ state }) => (isBehind(state.data) ? LOOK_AGAIN_MS : false),
  })
}

function isBehind(report: ResolverReport | undefined): boolean {
  return report?.accounts.some(({ standing }) => MENDED.has(standing)) ?? false
}
