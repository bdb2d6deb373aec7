import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Versions of an account, the newest first. */
export function useHistory(account: string) {
  const { queries } = useApi()
  return useQuery(queries.resolver.history.queryOptions({ input: { account } }))
}
