import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query'
import type { Credential, CredentialFilter, CredentialOrder } from '#shared/contract/credentials.ts'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Rows that are fetched together: more than a screen full, less than a moment's wait. */
const PAGE_ROWS = 100

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

/** The rows of a stretch of the list by index; those that have not come yet are missing. */
export function useRows(
  filter: CredentialFilter,
  order: CredentialOrder,
  first: number,
  last: number,
): { rows: ReadonlyMap<number, Credential>; error: Error | null } {
  const { client } = useApi()
  const from = Math.floor(Math.max(0, first) / PAGE_ROWS)
  const pages = Math.max(1, Math.floor(Math.max(0, last) / PAGE_ROWS) - from + 1)
  return useQueries({
    queries: Array.from({ length: pages }, (_, index) => {
      const offset = (from + index) * PAGE_ROWS
      return {
        queryKey: [LEDGER, 'page', filter, order, offset],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          client.credentials.page({ filter, order, offset, limit: PAGE_ROWS }, { signal }),
      }
    }),
    combine: (results) => {
      const rows = new Map<number, Credential>()
      for (const [page, { data }] of results.entries()) {
        for (const [index, row] of (data?.rows ?? []).entries()) {
          rows.set((from + page) * PAGE_ROWS + index, row)
        }
      }
      return { rows, error: results.find(({ error }) => error !== null)?.error ?? null }
    },
  })
}
