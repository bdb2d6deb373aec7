import { expect, test } from 'vitest'
import { ManualClock } from '../../../tests/support/manual-clock.ts'
import { TrafficLimit } from './traffic-limit.ts'

const KIB = 1024

function admitted(limit: TrafficLimit, source: string, bytes: number, times: number): number {
  let count = 0
  for (let i = 0; i < times; i++) if (limit.admit(source, bytes)) count++
  return count
}

test('a flood from one address is cut off and others are still heard', () => {
  const limit = new TrafficLimit(new ManualClock())
  expect(admitted(limit, '192.0.2.66', 8 * KIB, 1000)).toBe(128)
  expect(limit.admit('192.0.2.7', 300)).toBe(true)
})

test('an address that paused is heard again', () => {
  const clock = new ManualClock()
  const limit = new TrafficLimit(clock)
  admitted(limit, '192.0.2.66', 8 * KIB, 1000)
  clock.advance(1000)
  expect(admitted(limit, '192.0.2.66', 8 * KIB, 1000)).toBe(32)
})

test('forged source addresses together do not exceed the total', () => {
  const clock = new ManualClock()
  const limit = new TrafficLimit(clock)
  let count = 0
  for (let i = 0; i < 20_000; i++) if (limit.admit(`10.0.${i >> 8}.${i & 255}`, 8 * KIB)) count++
  expect(count).toBe(1024)
})
