import { expect, test } from 'vitest'
import { clockTime, countdownText, durationText, relativeTime, sinceText } from './format.ts'

const NOW = Date.UTC(2026, 2, 3, 12, 0, 0)
const S = 1_000
const MIN = 60 * S
const H = 60 * MIN

test.each([
  [NOW - 2_900, 'just now'],
  [NOW + 2_900, 'just now'],
  [NOW - 3 * S, '3 s ago'],
  [NOW - 59.9 * S, '59 s ago'],
  [NOW - MIN, '1 min ago'],
  [NOW - 59 * MIN, '59 min ago'],
  [NOW - 47 * H, '47 h ago'],
  [NOW - 48 * H, '2 days ago'],
  [NOW + 10 * MIN, 'in 10 min'],
])('an age is told in its largest unit: %i', (then, text) => {
  expect(relativeTime(then, NOW)).toBe(text)
})

test('a clock that runs behind shows no negative time', () => {
  expect(sinceText(NOW + H, NOW)).toBe('for 0 s')
})

test.each([
  [0.02, '< 0.1 ms'],
  [0.42, '0.4 ms'],
  [18.4, '18 ms'],
  [1_250, '1.3 s'],
  [185_000, '3 min 5 s'],
])('a duration of %d ms is rounded to what matters', (milliseconds, text) => {
  expect(durationText(milliseconds)).toBe(text)
})

test.each([
  [-5, '0:00'],
  [1, '0:01'],
  [59_001, '1:00'],
  [3_540_000, '59:00'],
  [3_723_000, '1:02:03'],
])('%d ms are left as a countdown', (milliseconds, text) => {
  expect(countdownText(milliseconds)).toBe(text)
})

test('a time of day has milliseconds', () => {
  expect(clockTime(new Date(2026, 2, 3, 4, 5, 6, 7).getTime())).toBe('04:05:06.007')
})
