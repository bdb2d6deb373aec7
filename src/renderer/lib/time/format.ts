const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** Below this an age is not worth a number: clocks of two machines differ by as much. */
const JUST_NOW_MS = 3 * SECOND_MS

/** How long ago or how far ahead `then` is, as `12 s ago` or `in 3 min`; both in epoch ms. */
export function relativeTime(then: number, now: number): string {
  const age = now - then
  if (Math.abs(age) < JUST_NOW_MS) return 'just now'
  const span = roughSpan(Math.abs(age))
  return age > 0 ? `${span} ago` : `in ${span}`
}

/** How long something has been so: `for 12 s`, `for 3 days`. */
export function sinceText(then: number, now: number): string {
  return `for ${roughSpan(Math.max(0, now - then))}`
}

function roughSpan(milliseconds: number): string {
  if (milliseconds < MINUTE_MS) return `${Math.floor(milliseconds / SECOND_MS)} s`
  if (milliseconds < HOUR_MS) return `${Math.floor(milliseconds / MINUTE_MS)} min`
  if (milliseconds < 2 * DAY_MS) return `${Math.floor(milliseconds / HOUR_MS)} h`
  return `${Math.floor(milliseconds / DAY_MS)} days`
}

/** A moment in the person's own zone, to the second and with the zone's name. */
export function absoluteTime(moment: number): string {
  return new Intl.DateTimeFormat(undefined, {
    dateStyle: 'medium',
    timeStyle: 'long',
  }).format(moment)
}

/** A calendar day, such as `3 Mar 2026`. */
export function dayText(moment: number): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' }).format(moment)
}

/** A time of day to the millisecond, such as `14:03:07.120`. */
export function clockTime(moment: number): string {
  const date = new Date(moment)
  const two = (value: number) => String(value).padStart(2, '0')
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return `${time}.${String(date.getMilliseconds()).padStart(3, '0')}`
}

/** How long something took: `0.4 ms`, `18 ms`, `1.2 s`, `3 min 5 s`. */
export function durationText(milliseconds: number): string {
  if (milliseconds < 0.05) return '< 0.1 ms'
  if (milliseconds < 1) return `${milliseconds.toFixed(1)} ms`
  if (milliseconds < SECOND_MS) return `${Math.round(milliseconds)} ms`
  if (milliseconds < MINUTE_MS) return `${(milliseconds / SECOND_MS).toFixed(1)} s`
  const seconds = Math.round(milliseconds / SECOND_MS)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** What is left of a wait: `59:04`, or `1:02:03` above an hour; `0:00` when it is over. */
export function countdownText(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / SECOND_MS))
  const two = (value: number) => String(value).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  const rest = two(seconds % 60)
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`
}
