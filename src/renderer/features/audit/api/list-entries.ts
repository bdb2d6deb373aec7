import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import type { AuditFilter } from '#shared/contract/audit.ts'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Some screens full: scrolling on asks for the next. */
const ENTRIES_PER_PAGE = 200

/** The entries that match, newest first; asked anew when the log has grown to `entries`. */
export function useEntries(filter: AuditFilter, entries: number) {
  const { client } = useApi()
  return useInfiniteQuery({
    queryKey: ['audit', 'list', filter, entries],
    queryFn: ({ pageParam, signal }) =>
      client.audit.list({ filter, before: pageParam, limit: ENTRIES_PER_PAGE }, { signal }),
    initialPageParam: null as number | null,
    getNextPageParam: ({ next }) => next,
    placeholderData: keepPreviousData,
  })
}
