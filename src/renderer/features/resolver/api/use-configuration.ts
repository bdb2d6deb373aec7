import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** What the servers of a managed mesh need in their configuration, as it is now. */
export function useConfiguration(id: string) {
  const { queries } = useApi()
  return useQuery(
    queries.resolver.configuration.queryOptions({ input: { id }, gcTime: 0, retry: false }),
  )
}
