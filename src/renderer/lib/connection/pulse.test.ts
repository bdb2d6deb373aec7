import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FakeTransport, never } from './fake-transport.ts'
import { watchPulse } from './pulse.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a wire that answers stays open', async () => {
  const transport = new FakeTransport(() => Promise.resolve({}))
  watchPulse(transport)
  await vi.advanceTimersByTimeAsync(10 * 60_000)
  expect(transport.gone.aborted).toBe(false)
})

test('a wire that is silent for a minute is closed', async () => {
  const transport = new FakeTransport(never)
  watchPulse(transport)
  await vi.advanceTimersByTimeAsync(30_000)
  expect(transport.gone.aborted).toBe(false)
  await vi.advanceTimersByTimeAsync(30_000)
  expect(transport.gone.aborted).toBe(true)
})

test('whatever comes over the wire counts as life', async () => {
  const transport = new FakeTransport(never)
  const heard = watchPulse(transport)
  const talk = setInterval(heard, 10_000)
  await vi.advanceTimersByTimeAsync(10 * 60_000)
  expect(transport.gone.aborted).toBe(false)
  clearInterval(talk)
})
