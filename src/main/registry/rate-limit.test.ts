import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { payFor } from './rate-limit.ts'

test('a burst is let through, then as much as the rate allows', () => {
  const limit = { perSecond: 10, burst: 5 }
  let paid = 0
  const ask = (nowMs: number) => {
    const next = payFor(paid, nowMs, limit)
    if (next >= 0) paid = next
    return next >= 0
  }
  expect(Array.from({ length: 7 }, () => ask(1000))).toEqual([
    ...Array.from({ length: 5 }, () => true),
    false,
    false,
  ])
  expect(ask(1100)).toBe(true)
  expect(ask(1100)).toBe(false)
  expect(Array.from({ length: 6 }, () => ask(9000)).filter(Boolean).length).toBe(5)
})

test('over any time no more than burst and rate come through', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 300 })
  fc.assert(
    fc.property(
      gaps,
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 20 }),
      (all, perSecond, burst) => {
        let [paid, now, allowed] = [0, 1, 0]
        for (const gap of all) {
          now += gap
          const next = payFor(paid, now, { perSecond, burst })
          if (next < 0) continue
          paid = next
          allowed += 1
        }
        expect(allowed).toBeLessThanOrEqual(burst + (now * perSecond) / 1000 + 1)
        expect(allowed).toBeGreaterThanOrEqual(Math.min(burst, all.length))
      },
    ),
  )
})
