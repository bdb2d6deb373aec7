import { expect, test } from 'vitest'
import { orAborted } from './or-aborted.ts'

test('hands on the outcome of the work', async () => {
  const { signal } = new AbortController()
  expect(await orAborted(Promise.resolve(7), signal)).toBe(7)
  await expect(orAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no')
})

test('rejects with the reason as soon as the signal aborts, also before', async () => {
  const controller = new AbortController()
  const reason = new Error('stop')
  const waiting = orAborted(new Promise(() => undefined), controller.signal)
  controller.abort(reason)
  await expect(waiting).rejects.toBe(reason)
  await expect(orAborted(Promise.resolve(1), controller.signal)).rejects.toBe(reason)
})

test('what the work does later is heard by nobody and harms nobody', async () => {
  const controller = new AbortController()
  let fail: (error: Error) => void = () => undefined
  const work = new Promise((_resolve, reject) => (fail = reject))
  const waiting = orAborted(work, controller.signal)
  controller.abort(new Error('stop'))
  await expect(waiting).rejects.toThrow('stop')
  fail(new Error('too late'))
})
