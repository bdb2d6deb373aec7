import { expect, test, vi } from 'vitest'
import { followStream } from './follow-stream.ts'

const connection = { whenOpen: () => Promise.resolve() }

/** Runs every flush in a microtask, as one frame. */
const soon = (flush: () => void) => void Promise.resolve().then(flush)

test('updates that come within a frame are applied together', async () => {
  const ended = new AbortController()
  const batches: string[][] = []
  let flush: () => void = () => undefined
  async function* stream() {
    yield 'snapshot'
    yield 'a'
    yield 'b'
    flush()
    yield 'c'
    flush()
    ended.abort()
    yield 'late'
  }
  await followStream<string>({
    connection,
    signal: ended.signal,
    open: () => Promise.resolve(stream()),
    apply: (batch) => void batches.push([...batch]),
    schedule: (run) => void (flush = run),
  })
  expect(batches).toEqual([['snapshot', 'a', 'b'], ['c']])
})

test('subscribes again after an end and after an error', async () => {
  vi.useFakeTimers()
  const ended = new AbortController()
  const seen: string[] = []
  let opened = 0
  async function* stream(name: string) {
    yield name
    if (name === '2') throw new Error('cut')
  }
  const done = followStream<string>({
    connection,
    signal: ended.signal,
    open: () => Promise.resolve(stream(String((opened += 1)))),
    apply: (batch) => {
      seen.push(...batch)
      if (seen.length === 3) ended.abort()
    },
    schedule: soon,
  })
  await vi.advanceTimersByTimeAsync(2_000)
  await done
  expect(seen).toEqual(['1', '2', '3'])
  vi.useRealTimers()
})

test('ends while it waits for the connection', async () => {
  const ended = new AbortController()
  const done = followStream<string>({
    connection: {
      whenOpen: (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
    },
    signal: ended.signal,
    open: () => Promise.reject(new Error('never')),
    apply: () => undefined,
    schedule: soon,
  })
  ended.abort()
  await expect(done).resolves.toBeUndefined()
})
