import { expect, test } from 'vitest'
import { streamOf } from './stream.ts'

function source() {
  const listeners = new Set<(update: string) => void>()
  let subscriptions = 0
  return {
    subscribe: (listener: (update: string) => void) => {
      subscriptions += 1
      listeners.add(listener)
      listener(`snapshot ${subscriptions}`)
      return () => void listeners.delete(listener)
    },
    emit: (update: string) => listeners.forEach((listener) => listener(update)),
    count: () => listeners.size,
  }
}

test('yields the snapshot first, then each change, and unsubscribes at the end', async () => {
  const from = source()
  const controller = new AbortController()
  const stream = streamOf(from.subscribe, controller.signal)
  expect((await stream.next()).value).toBe('snapshot 1')
  const next = stream.next()
  from.emit('a')
  expect((await next).value).toBe('a')
  const last = stream.next()
  controller.abort()
  expect((await last).done).toBe(true)
  expect(from.count()).toBe(0)
})

test('unsubscribes when the reader stops reading', async () => {
  const from = source()
  const stream = streamOf(from.subscribe, new AbortController().signal)
  await stream.next()
  await stream.return()
  expect(from.count()).toBe(0)
})

test('begins anew from a snapshot when the reader falls far behind', async () => {
  const from = source()
  const stream = streamOf(from.subscribe, new AbortController().signal)
  await stream.next()
  for (let update = 0; update < 1000; update += 1) from.emit(`u${update}`)
  expect((await stream.next()).value).toBe('snapshot 2')
  await stream.return()
})
