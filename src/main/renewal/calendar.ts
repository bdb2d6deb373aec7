import type { ExpiryCalendar } from '#shared/contract/renewal.ts'
import type { ExpiryStore } from './expiry-store.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

export interface CalendarQuery {
  readonly tenant: string | null
  readonly days: number
  /** Zone of the person, east of Greenwich positive. A change to summer time within is left aside. */
  readonly utcOffsetMinutes: number
}

/** How many credentials expire on each of the days from today on. */
export function calendarOf(store: ExpiryStore, query: CalendarQuery, now: Date): ExpiryCalendar {
  const { tenant, days } = query
  const offsetMs = query.utcOffsetMinutes * MINUTE_MS
  const localDay = Math.floor((now.getTime() + offsetMs) / DAY_MS)
  const from = new Date(localDay * DAY_MS - offsetMs)
  const perDay = store.perDay(tenant, from, days, now)
  const { total, ok, due, expired } = store.counts(tenant, now)
  return {
    days: Array.from({ length: days }, (_, index) => ({
      date: new Date((localDay + index) * DAY_MS).toISOString().slice(0, 10),
      ...(perDay.get(index) ?? { count: 0, due: 0 }),
    })),
    later: store.countFrom(tenant, new Date(from.getTime() + days * DAY_MS)),
    total,
    ok,
    due,
    expired,
  }
}
