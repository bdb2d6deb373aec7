import { expect, test } from 'vitest'
import { OneAtATime } from './one-at-a-time.ts'

const limit = (signal: AbortSignal, timeoutMs = 20) => ({
  timeoutMs,
  timeoutError: () => new Error('too late'),
  signal,
})

test('runs calls in order, each after the one before, also after failures', async () => {
  const calls = new OneAtATime()
  const seen: string[] = []
  const call = (name: string) => async () => {
    seen.push(`${name} begins`)
    await Promise.resolve()
    seen.push(`${name} ends`)
    if (name === 'a') throw new Error('a failed')
    return name
  }
  const [a, b] = await Promise.allSettled([calls.run(call('a')), calls.run(call('b'))])
  expect(a.status).toBe('rejected')
  expect(b).toEqual({ status: 'fulfilled', value: 'b' })
  expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
  expect(calls.busy).toBe(false)
})

test('lets at most one call hang, and never starts one whose caller gave up before its turn', async () => {
  const calls = new OneAtATime()
  const { signal } = new AbortController()
  const hanging = Promise.withResolvers<string>()
  let started = false
  const first = calls.run(() => hanging.promise, limit(signal))
  const second = calls.run(async () => {
    started = true
  }, limit(signal))
  await expect(first).rejects.toThrow('too late')
  await expect(second).rejects.toThrow('too late')
  expect(calls.busy).toBe(true)

  hanging.resolve('at last')
  await calls.run(async () => undefined)
  expect(started).toBe(false)
  expect(calls.busy).toBe(false)
})

test('ends all waiting when its signal aborts', async () => {
  const calls = new OneAtATime()
  const ending = new AbortController()
  const never = new Promise<never>(() => undefined)
  const waiting = [1, 2].map(() => calls.run(() => never, limit(ending.signal, 60_000)))
  ending.abort(new Error('closed'))
  for (const call of waiting) await expect(call).rejects.toThrow('closed')
})
