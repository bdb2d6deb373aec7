import { expect, test } from 'vitest'
import { FairRequests } from './fair-requests.ts'

function requests() {
  const counters = { requestsDelayed: 0, requestsRefused: 0 }
  let now = 0
  const fair = new FairRequests(counters, () => now)
  const done: string[] = []
  const refused: string[] = []
  /** A request that takes so many milliseconds. */
  const ask = (tenant: string, ms = 3, bytes = 100) =>
    fair.offer(
      tenant,
      bytes,
      () => {
        now += ms
        done.push(tenant)
      },
      () => void refused.push(tenant),
    )
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  return { counters, fair, done, refused, ask, turn }
}

test('while little is asked, everything is answered at once', async () => {
  const { ask, done, turn, counters } = requests()
  for (let number = 0; number < 10; number += 1) {
    ask('a', 3)
    ask('b', 3)
    await turn()
  }
  expect(done.length).toBe(20)
  expect(counters).toEqual({ requestsDelayed: 0, requestsRefused: 0 })
})

test('a tenant that asks without pause delays itself, not others', async () => {
  const { ask, done, turn, fair } = requests()
  for (let number = 0; number < 100; number += 1) ask('flood')
  ask('other')
  const answeredAtOnce = done.length
  expect(answeredAtOnce).toBeLessThan(5)
  await turn()
  expect(done.slice(answeredAtOnce)).toContain('other')
  await fair.drained()
  expect(done.filter((tenant) => tenant === 'flood').length).toBe(100)
  expect(fair.waiting).toBe(0)
})

test('what is beyond the room of a tenant is refused and counted, by number and by bytes', async () => {
  const { ask, refused, counters, fair } = requests()
  for (let number = 0; number < 2100; number += 1) ask('many', 9)
  expect(refused.length).toBe(2100 - 2000 - 1)
  ask('large', 9, 15 * 1024 * 1024)
  ask('large', 9, 2 * 1024 * 1024)
  expect(refused.filter((tenant) => tenant === 'large').length).toBe(1)
  expect(counters.requestsRefused).toBe(refused.length)
  await fair.drained()
})
