import { useCallback } from 'react'
import { absoluteTime, countdownText, relativeTime, sinceText } from '../lib/time/format.ts'
import { useTimeText } from '../lib/time/use-now.ts'

/** A moment (ISO 8601) as its age, with the full date and time on hover. */
export function TimeText({ at, none = 'never' }: { at: string | null; none?: string }) {
  const then = at === null ? null : Date.parse(at)
  const format = useCallback(
    (now: number) => (then === null ? none : relativeTime(then, now)),
    [then, none],
  )
  const text = useTimeText(format)
  if (then === null || at === null) return <span className="m-muted">{none}</span>
  return (
    <time className="m-numbers" dateTime={at} title={absoluteTime(then)}>
      {text}
    </time>
  )
}

/** How long something has been so, with the moment it began on hover. */
export function SinceText({ at }: { at: string }) {
  const then = Date.parse(at)
  const format = useCallback((now: number) => sinceText(then, now), [then])
  const text = useTimeText(format)
  return (
    <time className="m-numbers" dateTime={at} title={`Since ${absoluteTime(then)}`}>
      {text}
    </time>
  )
}

/** The time left until a moment (ISO 8601), counting down by seconds. */
export function Countdown({ until }: { until: string }) {
  const end = Date.parse(until)
  const format = useCallback((now: number) => countdownText(end - now), [end])
  const text = useTimeText(format)
  return (
    <time className="m-numbers" dateTime={until} title={absoluteTime(end)}>
      {text}
    </time>
  )
}
