import { expect, test } from 'vitest'
import { every, ManualClock, pause } from './clock.ts'

test('a manual clock runs what falls due, in order, and nothing that was called off', () => {
  const clock = new ManualClock(0)
  const journal: string[] = []
  clock.after(20, () => journal.push(`late at ${clock.now()}`))
  clock.after(10, () => journal.push(`early at ${clock.now()}`))
  clock.after(15, () => journal.push('called off'))()
  clock.advance(19)
  expect(journal).toEqual(['early at 10'])
  clock.advance(1)
  expect(journal).toEqual(['early at 10', 'late at 20'])
})

test('repeats until the signal aborts', () => {
  const clock = new ManualClock(0)
  const controller = new AbortController()
  let runs = 0
  every(clock, 10, controller.signal, () => (runs += 1))
  clock.advance(35)
  controller.abort()
  clock.advance(100)
  expect(runs).toBe(3)
})

test('a pause ends at its time or at the abort, whichever comes first', async () => {
  const clock = new ManualClock(0)
  const controller = new AbortController()
  const timed = pause(clock, 10, controller.signal)
  clock.advance(10)
  await timed
  const aborted = pause(clock, 10, controller.signal)
  controller.abort()
  await aborted
  await pause(clock, 0, new AbortController().signal)
  await pause(clock, 10, controller.signal)
})
