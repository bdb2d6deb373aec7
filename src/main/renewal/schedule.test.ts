import { expect, test } from 'vitest'
import { orderedByTenant, startTimes } from './schedule.ts'

const at = (day: number) => new Date(Date.UTC(2030, 0, day))

test('tenants come one after the other, the one with the most urgent credential first', () => {
  const order = orderedByTenant([
    { name: 'b-late', tenant: 'b', expiresAt: at(20) },
    { name: 'a-late', tenant: 'a', expiresAt: at(10) },
    { name: 'none', tenant: null, expiresAt: at(5) },
    { name: 'b-soon', tenant: 'b', expiresAt: at(2) },
    { name: 'a-soon', tenant: 'a', expiresAt: at(3) },
  ])
  expect(order.map(({ name }) => name)).toEqual(['b-soon', 'b-late', 'a-soon', 'a-late', 'none'])
})

test('beginnings are spread over the whole time, one in each part of it', () => {
  const startMs = at(1).getTime()
  const times = startTimes(4, { startMs, spreadMs: 4_000, random: () => 0.5 })
  expect(times.map((time) => time - startMs)).toEqual([500, 1_500, 2_500, 3_500])
})

test('beginnings keep their order however chance falls', () => {
  const draws = [0.999, 0, 0.7, 0.1, 0.5]
  const times = startTimes(5, {
    startMs: 0,
    spreadMs: 10_000,
    random: () => draws.pop() ?? 0,
  })
  expect(times).toEqual(times.toSorted((one, other) => one - other))
  expect(Math.max(...times)).toBeLessThan(10_000)
})

test('without a time to spread them over all may begin at once', () => {
  expect(startTimes(3, { startMs: 7, spreadMs: 0, random: () => 0.9 })).toEqual([7, 7, 7])
})
