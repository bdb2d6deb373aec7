import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Receipts of the bundles that a key went out with, the newest first. */
export function useReceiptsOfKey(publicKey: string) {
  const { queries } = useApi()
  return useQuery(
    queries.bundles.receiptsOfKey.queryOptions({
      input: { publicKey },
      staleTime: 0,
      retry: false,
    }),
  )
}
