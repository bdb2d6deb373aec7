import { useEffect, useRef, useState } from 'react'
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ExpiryFilter } from '#shared/contract/renewal.ts'
import { useApi } from '../../../lib/connection/api-context.ts'
import { usePagedRows } from '../../../lib/paged-rows.ts'

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

/** The rows of the list by index, as far as they are drawn. */
export function useRows(filter: ExpiryFilter) {
  const { client } = useApi()
  return usePagedRows([EXPIRY, 'list', filter], (page, options) =>
    client.renewal.list({ filter, ...page }, options),
  )
}
