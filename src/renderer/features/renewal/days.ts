import type { ExpiryDay } from '#shared/contract/renewal.ts'

/** A stretch of the calendar. */
export interface Stretch {
  /** Dates, `YYYY-MM-DD`; both are part of it. */
  readonly first: string
  readonly last: string
  readonly count: number
}

/** The days in weeks that begin with the first of them; the last may be shorter. */
export function weeksOf(days: readonly ExpiryDay[]): Stretch[] {
  const weeks: Stretch[] = []
  for (let start = 0; start < days.length; start += 7) {
    const week = days.slice(start, start + 7)
    const [first] = week
    const last = week.at(-1)
    if (first === undefined || last === undefined) continue
    const count = week.reduce((sum, day) => sum + day.count, 0)
    weeks.push({ first: first.date, last: last.date, count })
  }
  return weeks
}

/** The moments at which a stretch of days begins and ends in the person's own zone. */
export function momentsOf({ first, last }: Pick<Stretch, 'first' | 'last'>): {
  from: string
  until: string
} {
  const from = localMidnight(first)
  const lastDay = localMidnight(last)
  lastDay.setDate(lastDay.getDate() + 1)
  return { from: from.toISOString(), until: lastDay.toISOString() }
}

/** `3 Mar`, or `3 Mar to 9 Mar`. */
export function stretchText({ first, last }: Pick<Stretch, 'first' | 'last'>): string {
  return first === last ? shortDay(first) : `${shortDay(first)} to ${shortDay(last)}`
}

export function shortDay(date: string): string {
  return new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' }).format(
    localMidnight(date),
  )
}

export function longDay(date: string): string {
  return new Intl.DateTimeFormat(undefined, {
    weekday: 'short',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  }).format(localMidnight(date))
}

function localMidnight(date: string): Date {
  const [year = 1970, month = 1, day = 1] = date.split('-').map(Number)
  return new Date(year, month - 1, day)
}
