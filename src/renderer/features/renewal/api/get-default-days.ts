import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** For how many days credentials are issued unless told; undefined until it came. */
export function useDefaultDays(): number | undefined {
  const { queries } = useApi()
  return useQuery(queries.settings.get.queryOptions()).data?.credentialDays
}
