import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FakeTransport, never } from './fake-transport.ts'
import { guardedCall } from './guarded-call.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const NO_OPTIONS = { context: {} }

function call(transport: FakeTransport, signal?: AbortSignal, deadlineMs = 1_000) {
  const options = signal === undefined ? NO_OPTIONS : { ...NO_OPTIONS, signal }
  return guardedCall(transport, ['a', 'b'], {}, options, deadlineMs)
}

test('hands the answer on', async () => {
  await expect(call(new FakeTransport(() => Promise.resolve(7)))).resolves.toBe(7)
})

test('a call without an answer ends at its deadline and is called off', async () => {
  const heard: AbortSignal[] = []
  const transport = new FakeTransport((_path, signal) => {
    heard.push(signal)
    return never([], signal)
  })
  const result = expect(call(transport)).rejects.toMatchObject({ code: 'CALL_TIMED_OUT' })
  await vi.advanceTimersByTimeAsync(1_000)
  await result
  expect(heard[0]?.aborted).toBe(true)
})

test('a call fails at once when the wire goes', async () => {
  const transport = new FakeTransport(never)
  const result = expect(call(transport)).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  transport.close()
  await result
})

test('a call over a wire that is gone already fails at once', async () => {
  const transport = new FakeTransport(never)
  transport.close()
  await expect(call(transport)).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
})

test('the caller can give up', async () => {
  const caller = new AbortController()
  const result = expect(call(new FakeTransport(never), caller.signal)).rejects.toThrow('enough')
  caller.abort(new Error('enough'))
  await result
})

async function* counting() {
  for (let count = 1; ; count += 1) {
    yield count
    if (count === 2) await new Promise(() => undefined)
  }
}

async function openStream(transport: FakeTransport, signal?: AbortSignal) {
  const stream = (await call(transport, signal)) as AsyncIterable<number>
  return stream[Symbol.asyncIterator]()
}

test('a stream that has begun is held to no deadline', async () => {
  const stream = await openStream(new FakeTransport(() => Promise.resolve(counting())))
  await vi.advanceTimersByTimeAsync(60_000)
  expect((await stream.next()).value).toBe(1)
})

test('a stream ends when its wire goes, even if nothing tells it', async () => {
  const transport = new FakeTransport(() => Promise.resolve(counting()))
  const stream = await openStream(transport)
  await stream.next()
  await stream.next()
  const last = expect(stream.next()).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  transport.close()
  await last
})

test('a stream ends when its reader gives up', async () => {
  const reader = new AbortController()
  const transport = new FakeTransport(() => Promise.resolve(counting()))
  const stream = await openStream(transport, reader.signal)
  await stream.next()
  await stream.next()
  const last = expect(stream.next()).rejects.toThrow('closed')
  reader.abort(new Error('closed'))
  await last
})
