import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'
import { LEDGER } from './use-page.ts'

const LOOK_EVERY_MS = 10_000

/** Who is connected with a credential's key now; looked up again while it is shown. */
export function useConnections(id: string) {
  const { client } = useApi()
  return useQuery({
    queryKey: [LEDGER, 'connections', id],
    queryFn: ({ signal }) => client.credentials.connections({ id }, { signal }),
    refetchInterval: LOOK_EVERY_MS,
    retry: false,
  })
}
