import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'
import { LEDGER } from './use-page.ts'

/** Everything about one credential. */
export function useDetails(id: string) {
  const { client } = useApi()
  return useQuery({
    queryKey: [LEDGER, 'details', id],
    queryFn: ({ signal }) => client.credentials.details({ id }, { signal }),
  })
}
