import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import {
  deviceParams,
  RecordingStore,
  registryParts,
  rpc,
} from '../../../tests/support/registry-parts.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function registered(count: number) {
  const store = new RecordingStore()
  const parts = registryParts({ store })
  const register = (deviceId: string) =>
    parts.registrations.answer('t', rpc('registerDevice', deviceParams(deviceId)), 'source')
  for (let index = 0; index < count; index += 1) register(`d${index}`)
  const kinds = () =>
    store.batches.map((batch) => batch.map(({ kind, device }) => `${kind} ${device.deviceId}`))
  const entry = (deviceId: string) => parts.index.get('t', deviceId)!
  return { ...parts, store, register, kinds, entry }
}

test('changes within 200 ms are one batch, and a device is in it once', async () => {
  const { writes, kinds, entry } = registered(2)
  for (let change = 0; change < 10; change += 1) writes.update(entry('d0'))
  await vi.advanceTimersByTimeAsync(200)
  expect(kinds()).toEqual([['put d0', 'put d1']])
  writes.update(entry('d1'))
  await vi.advanceTimersByTimeAsync(200)
  expect(kinds()[1]).toEqual(['update d1'])
  expect(writes.counters).toMatchObject({ storeRows: 3, storeBatches: 2 })
})

test('nothing is written while nothing changes', async () => {
  const { store } = registered(0)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(store.batches).toEqual([])
})

test('what the store refuses is kept and written later, as a whole where it has to be', async () => {
  const { store, writes, kinds, entry } = registered(1)
  store.failing = true
  await vi.advanceTimersByTimeAsync(5000)
  expect(writes.backlog).toBe(1)
  writes.update(entry('d0'))
  store.failing = false
  await vi.advanceTimersByTimeAsync(10_000)
  expect(kinds()).toEqual([['put d0']])
  expect(writes.backlog).toBe(0)
})

test('large numbers are written in several batches', async () => {
  const { store } = registered(2500)
  await vi.advanceTimersByTimeAsync(450)
  expect(store.batches.map((batch) => batch.length)).toEqual([1000, 1000, 500])
})

test('a device that is forgotten and comes back is there in the end', async () => {
  const { index, writes, kinds, entry, register } = registered(1)
  await vi.advanceTimersByTimeAsync(200)
  const gone = entry('d0')
  index.remove(gone)
  writes.remove(gone)
  register('d0')
  await vi.advanceTimersByTimeAsync(200)
  expect(kinds()[1]).toEqual(['put d0'])
})

test('closing writes what is pending at once', async () => {
  const { writes, kinds } = registered(1)
  await writes.close()
  expect(kinds()).toEqual([['put d0']])
})
