import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { RejectedError } from '#shared/errors.ts'
import { Connection } from './connection.ts'
import { FakeTransport } from './fake-transport.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const NO_OPTIONS = { context: {} }

/** Opens one wire after the other; `fail` makes the next attempts fail. */
function host() {
  const wires: FakeTransport[] = []
  let failures = 0
  return {
    wires,
    fail: (count: number) => void (failures = count),
    open: () => {
      if (failures > 0) {
        failures -= 1
        return Promise.reject(new Error('down'))
      }
      const wire = new FakeTransport(() => Promise.resolve(`wire ${wires.length}`))
      wires.push(wire)
      return Promise.resolve(wire)
    },
  }
}

test('a call waits for the first wire', async () => {
  const from = host()
  const connection = new Connection(from.open)
  expect(connection.getState().phase).toBe('connecting')
  await expect(connection.call(['x'], {}, NO_OPTIONS)).resolves.toBe('wire 1')
  connection.dispose()
})

test('a lost wire is replaced by itself, and each one is a new generation', async () => {
  const from = host()
  const connection = new Connection(from.open)
  await vi.advanceTimersByTimeAsync(0)
  expect(connection.getState()).toEqual({ phase: 'open', generation: 1 })
  from.wires[0]?.close()
  await vi.advanceTimersByTimeAsync(0)
  expect(connection.getState()).toEqual({ phase: 'lost', attempt: 1, everOpen: true })
  await vi.advanceTimersByTimeAsync(250)
  expect(connection.getState()).toEqual({ phase: 'open', generation: 2 })
  await expect(connection.call(['x'], {}, NO_OPTIONS)).resolves.toBe('wire 2')
  connection.dispose()
})

test('calls fail at once while the wire is lost', async () => {
  const from = host()
  const connection = new Connection(from.open)
  await vi.advanceTimersByTimeAsync(0)
  from.fail(100)
  from.wires[0]?.close()
  await vi.advanceTimersByTimeAsync(0)
  await expect(connection.call(['x'], {}, NO_OPTIONS)).rejects.toMatchObject({
    code: 'CONNECTION_LOST',
  })
  connection.dispose()
})

test('pauses between attempts grow to five seconds and no further', async () => {
  const from = host()
  from.fail(1_000)
  const connection = new Connection(from.open)
  const attempts = () => {
    const state = connection.getState()
    return state.phase === 'lost' ? state.attempt : 0
  }
  await vi.advanceTimersByTimeAsync(60_000)
  const before = attempts()
  await vi.advanceTimersByTimeAsync(50_000)
  expect(attempts() - before).toBeGreaterThanOrEqual(10)
  expect(attempts() - before).toBeLessThanOrEqual(13)
  connection.dispose()
})

test('the person can cut a pause short', async () => {
  const from = host()
  from.fail(7)
  const connection = new Connection(from.open)
  // The seventh attempt was at 12.75 s at the latest, the next is at 14.2 s at the earliest.
  await vi.advanceTimersByTimeAsync(13_000)
  expect(connection.getState().phase).toBe('lost')
  connection.retryNow()
  await vi.advanceTimersByTimeAsync(0)
  expect(connection.getState().phase).toBe('open')
  connection.dispose()
})

test('a refused session is not tried again', async () => {
  const open = vi.fn(() =>
    Promise.reject(new RejectedError({ code: 'SESSION_REFUSED', message: '', advice: '' })),
  )
  const connection = new Connection(open)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(connection.getState()).toEqual({ phase: 'refused' })
  expect(open).toHaveBeenCalledOnce()
})

test('whoever waits for the connection is told when it is open again', async () => {
  const from = host()
  from.fail(2)
  const connection = new Connection(from.open)
  const opened = vi.fn()
  void connection.whenOpen(new AbortController().signal).then(opened)
  await vi.advanceTimersByTimeAsync(100)
  expect(opened).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(opened).toHaveBeenCalled()
  connection.dispose()
})
