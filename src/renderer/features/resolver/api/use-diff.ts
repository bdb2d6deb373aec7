import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** What a version changed against the one before; versions never change. */
export function useDiff(account: string, version: number) {
  const { queries } = useApi()
  return useQuery(
    queries.resolver.diff.queryOptions({
      input: { account, from: null, to: version },
      staleTime: Infinity,
    }),
  )
}
