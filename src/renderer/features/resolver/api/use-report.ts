import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

export const REPORT_KEY = ['resolver-report'] as const

/** What each server has of every account, asked when the page opens and on demand. */
export function useReport() {
  const { client } = useApi()
  return useQuery({
    queryKey: REPORT_KEY,
    queryFn: ({ signal }) => client.resolver.look(undefined, { signal }),
    retry: false,
    gcTime: 0,
    refetchOnWindowFocus: false,
  })
}
