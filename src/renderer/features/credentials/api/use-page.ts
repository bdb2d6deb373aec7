import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { CredentialFilter, CredentialOrder } from '#shared/contract/credentials.ts'
import { useApi } from '../../../lib/connection/api-context.ts'
import { usePagedRows } from '../../../lib/paged-rows.ts'

/** What every question about the ledger begins with: all of them are asked again when it changes. */
export const LEDGER = 'credentials'

/** How many there are in which state, of those that the rest of the filter lets through. */
export function useCounts(filter: CredentialFilter) {
  const { client } = useApi()
  const asked = { ...filter, state: 'all' as const }
  return useQuery({
    queryKey: [LEDGER, 'counts', asked],
    queryFn: ({ signal }) => client.credentials.counts(asked, { signal }),
    placeholderData: keepPreviousData,
  })
}

/** The rows of the ledger by index, as far as they are drawn. */
export function useRows(filter: CredentialFilter, order: CredentialOrder) {
  const { client } = useApi()
  return usePagedRows([LEDGER, 'page', filter, order], (page, options) =>
    client.credentials.page({ filter, order, ...page }, options),
  )
}
