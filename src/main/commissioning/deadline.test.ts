import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { deadlineAt } from './deadline.ts'

const reason = new Error('too late')
const MINUTE_MS = 60_000

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const inMinutes = (minutes: number, now?: () => number) =>
  deadlineAt(new Date(Date.now() + minutes * MINUTE_MS), () => reason, now)

test('aborts with its reason when the time has come, not before', () => {
  const { signal } = inMinutes(30)
  vi.advanceTimersByTime(30 * MINUTE_MS - 1)
  expect(signal.aborted).toBe(false)
  vi.advanceTimersByTime(1)
  expect(signal.reason).toBe(reason)
})

test('carries a deadline of a week, longer than one timer would be precise for', () => {
  const { signal } = inMinutes(7 * 24 * 60)
  vi.advanceTimersByTime(7 * 24 * 60 * MINUTE_MS)
  expect(signal.aborted).toBe(true)
})

test('a cancelled deadline never aborts', () => {
  const deadline = inMinutes(1)
  deadline.cancel()
  vi.advanceTimersByTime(10 * MINUTE_MS)
  expect(deadline.signal.aborted).toBe(false)
})

test('after a sleep beyond the deadline devices get a minute to come back', () => {
  let asleepMs = 0
  const { signal } = inMinutes(5, () => Date.now() + asleepMs)
  vi.advanceTimersByTime(MINUTE_MS)
  asleepMs = 60 * MINUTE_MS
  vi.advanceTimersByTime(55_000)
  expect(signal.aborted).toBe(false)
  vi.advanceTimersByTime(30_000)
  expect(signal.aborted).toBe(true)
})

test('one that has passed already aborts in the next turn', () => {
  const { signal } = inMinutes(-1)
  vi.advanceTimersByTime(0)
  expect(signal.aborted).toBe(true)
})
