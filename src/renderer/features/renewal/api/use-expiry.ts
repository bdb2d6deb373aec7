import { useEffect, useRef, useState } from 'react'
import { keepPreviousData, useQueries, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ExpiringCredential, ExpiryFilter } from '#shared/contract/renewal.ts'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Rows that are fetched together: more than a screen full, less than a moment's wait. */
const PAGE_ROWS = 100

/** Today and 90 days more, which is 13 weeks: what is issued today for 90 days is on the last of them. */
const CALENDAR_DAYS = 91

/** What every question about expiry begins with. */
const EXPIRY = 'expiry'

/** Asks again for everything that is shown when main says that it may be out of date. */
export function useFreshExpiry(revision: number): void {
  const cache = useQueryClient()
  const shown = useRef(revision)
  useEffect(() => {
    if (shown.current === revision) return
    shown.current = revision
    void cache.invalidateQueries({ queryKey: [EXPIRY] })
  }, [cache, revision])
}

/** How many expire on each of the next 90 days. */
export function useCalendar(tenant: string | null) {
  const { client } = useApi()
  const [utcOffsetMinutes] = useState(() => -new Date().getTimezoneOffset())
  const asked = { tenant, days: CALENDAR_DAYS, utcOffsetMinutes }
  return useQuery({
    queryKey: [EXPIRY, 'calendar', asked],
    queryFn: ({ signal }) => client.renewal.calendar(asked, { signal }),
    placeholderData: keepPreviousData,
  })
}

/** How many credentials fit; undefined until it came. */
export function useTotal(filter: ExpiryFilter) {
  const { client } = useApi()
  return useQuery({
    queryKey: [EXPIRY, 'total', filter],
    queryFn: async ({ signal }) => {
      const { total } = await client.renewal.list({ filter, offset: 0, limit: 1 }, { signal })
      return total
    },
    placeholderData: keepPreviousData,
  })
}

/** The rows of a stretch of the list by index; those that have not come yet are missing. */
export function useRows(
  filter: ExpiryFilter,
  first: number,
  last: number,
): { rows: ReadonlyMap<number, ExpiringCredential>; error: Error | null } {
  const { client } = useApi()
  const from = Math.floor(Math.max(0, first) / PAGE_ROWS)
  const pages = Math.max(1, Math.floor(Math.max(0, last) / PAGE_ROWS) - from + 1)
  return useQueries({
    queries: Array.from({ length: pages }, (_, index) => {
      const offset = (from + index) * PAGE_ROWS
      return {
        queryKey: [EXPIRY, 'list', filter, offset],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          client.renewal.list({ filter, offset, limit: PAGE_ROWS }, { signal }),
      }
    }),
    combine: (results) => {
      const rows = new Map<number, ExpiringCredential>()
      for (const [page, { data }] of results.entries()) {
        for (const [index, row] of (data?.rows ?? []).entries()) {
          rows.set((from + page) * PAGE_ROWS + index, row)
        }
      }
      return { rows, error: results.find(({ error }) => error !== null)?.error ?? null }
    },
  })
}
