import { expect, test } from 'vitest'
import { seededRandom } from './random.ts'

test('the same seed gives the same numbers, spread over zero to one', () => {
  const [one, two] = [seededRandom(7), seededRandom(7)]
  const numbers = Array.from({ length: 1000 }, () => one())
  expect(numbers.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => two()))
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...numbers)).toBeLessThan(1)
  expect(numbers.reduce((sum, it) => sum + it) / numbers.length).toBeCloseTo(0.5, 1)
})
