import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Pace } from './pace.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

test('flushes at once after a pause, and once an interval while it is asked all the time', () => {
  let flushes = 0
  const pace = new Pace(100, () => void (flushes += 1))
  pace.request()
  expect(flushes).toBe(0)
  vi.advanceTimersByTime(1)
  expect(flushes).toBe(1)
  for (let ms = 0; ms < 1_000; ms += 1) {
    pace.request()
    vi.advanceTimersByTime(1)
  }
  expect(flushes).toBeGreaterThanOrEqual(10)
  expect(flushes).toBeLessThanOrEqual(11)
})

test('does not flush any more once it is closed', () => {
  let flushes = 0
  const pace = new Pace(100, () => void (flushes += 1))
  pace.request()
  pace.close()
  vi.advanceTimersByTime(1_000)
  expect(flushes).toBe(0)
})
