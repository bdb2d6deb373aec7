import { expect, test } from 'vitest'
import { StillClock } from '../../../tests/support/registry-parts.ts'
import { newCounters } from './counters.ts'
import { Recovery } from './recovery.ts'

function recovery() {
  const clock = new StillClock()
  const counters = newCounters()
  const asked: { deviceId: string; answer(text: string): void; refuse(): void }[] = []
  const live = new Set<string>()
  const subject = new Recovery({
    clock,
    counters,
    request: (_tenant, deviceId) => {
      const { promise, resolve, reject } = Promise.withResolvers<string>()
      asked.push({ deviceId, answer: resolve, refuse: () => reject(new Error('no responders')) })
      return promise
    },
    isOurs: () => true,
    isLive: (_tenant, deviceId) => live.has(deviceId),
    admit: (_tenant, deviceId, answer) => {
      if (answer !== 'good') return false
      live.add(deviceId)
      return true
    },
  })
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return { clock, counters, asked, live, subject, settle }
}

test('a device is asked once, however often it beats meanwhile', () => {
  const { asked, subject } = recovery()
  for (let beat = 0; beat < 10; beat += 1) subject.wanted('t', 'd')
  expect(asked.length).toBe(1)
})

test('after a failure it is asked again with pauses that double up to 30 s', async () => {
  const { asked, clock, subject, settle } = recovery()
  const pauses = []
  let waited = 0
  subject.wanted('t', 'd')
  while (asked.length < 8) {
    asked.at(-1)?.refuse()
    await settle()
    const before = asked.length
    for (waited = 0; asked.length === before; waited += 500) {
      clock.advance(500)
      subject.wanted('t', 'd')
    }
    pauses.push(waited / 1000)
  }
  expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30])
})

test('an answer that is no registration counts as a failure', async () => {
  const { asked, counters, subject, settle } = recovery()
  subject.wanted('t', 'd')
  asked[0]?.answer('nonsense')
  await settle()
  expect(counters.recoveriesFailed).toBe(1)
  expect(subject.isBusyWith('t', 'd')).toBe(true)
})

test('a fleet that comes back is worked off in order, a bounded number at a time', async () => {
  const { asked, live, subject, settle } = recovery()
  for (let index = 0; index < 1000; index += 1) subject.wanted('t', `d${index}`)
  expect(asked.length).toBe(96)
  for (let next = 0; next < 1000; next += 1) {
    if (next >= asked.length) await settle()
    asked[next]?.answer('good')
  }
  await settle()
  expect(live.size).toBe(1000)
  expect(asked.map(({ deviceId }) => deviceId)).toEqual(
    Array.from({ length: 1000 }, (_, index) => `d${index}`),
  )
})

test('a device that registered by itself while it waited is not asked', async () => {
  const { asked, live, subject, settle } = recovery()
  for (let index = 0; index <= 96; index += 1) subject.wanted('t', `d${index}`)
  live.add('d96')
  asked[0]?.answer('good')
  await settle()
  expect(asked.length).toBe(96)
})

test('a flood of made-up ids is bounded', () => {
  const { counters, subject } = recovery()
  for (let index = 0; index < 30_000; index += 1) subject.wanted('t', `d${index}`)
  expect(counters.recoveriesPostponed).toBe(15_000)
})

test('a tenant that floods with made-up ids leaves room and turns to others', async () => {
  const { asked, counters, subject, settle } = recovery()
  for (let index = 0; index < 30_000; index += 1) subject.wanted('flood', `made-up-${index}`)
  const postponed = counters.recoveriesPostponed
  for (let index = 0; index < 40; index += 1) subject.wanted('other', `d${index}`)
  expect(counters.recoveriesPostponed).toBe(postponed)
  const others = () => asked.filter(({ deviceId }) => deviceId.startsWith('d')).length
  expect(others()).toBe(32)
  for (const question of asked.splice(0)) question.refuse()
  await settle()
  expect(others()).toBe(8)
})

test('ids that failed make room for others', async () => {
  const { asked, subject, settle } = recovery()
  for (let round = 0; round < 200; round += 1) {
    for (let index = 0; index < 96; index += 1) subject.wanted('t', `d${round}-${index}`)
    for (const question of asked.splice(0)) question.refuse()
    await settle()
  }
  subject.wanted('t', 'late')
  expect(asked.map(({ deviceId }) => deviceId)).toEqual(['late'])
})
