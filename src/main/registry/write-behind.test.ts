import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import {
  deviceParams,
  RecordingStore,
  registryParts,
  rpc,
  STORE_PACE,
} from '../../../tests/support/registry-parts.ts'
import { silentLogger } from '../log/logger.ts'
import type { StoreChange } from './store.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function registered(count: number, store = new RecordingStore(), logger = silentLogger()) {
  const parts = registryParts({ store, logger })
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

test('closing says how many devices it could not write', async () => {
  const store = new RecordingStore()
  const error = vi.fn()
  const { writes } = registered(3, store, { ...silentLogger(), error })
  store.failing = true
  await writes.close()
  expect(error).toHaveBeenLastCalledWith(expect.stringContaining('stops'), { devices: 3 })
})

/** Takes two devices at a time, and a while for it. */
class SlowStore extends RecordingStore {
  override readonly pace = { ...STORE_PACE, maxBatch: 2 }
  /** When each batch came. */
  readonly at: number[] = []

  override async write(changes: readonly StoreChange[]): Promise<readonly StoreChange[]> {
    this.at.push(Date.now())
    await new Promise((resolve) => void setTimeout(resolve, 40))
    return super.write(changes)
  }
}

/** Several batches at a time, each of them one device. */
class WideStore extends RecordingStore {
  override readonly pace = { ...STORE_PACE, maxBatch: 1, maxInFlight: 4 }
  #running = 0
  most = 0

  override async write(changes: readonly StoreChange[]): Promise<readonly StoreChange[]> {
    this.#running += 1
    this.most = Math.max(this.most, this.#running)
    await new Promise((resolve) => void setTimeout(resolve, 40))
    this.#running -= 1
    return super.write(changes)
  }
}

test('closing writes as much at a time as the store takes, and each device once', async () => {
  const store = new WideStore()
  const { writes, kinds, entry } = registered(10, store)
  const closed = writes.close()
  // It changes while it is written, and is there as it is in the end.
  await vi.advanceTimersByTimeAsync(20)
  writes.update(entry('d0'))
  await vi.advanceTimersByTimeAsync(1000)
  await closed
  expect(store.most).toBe(4)
  const puts = Array.from({ length: 10 }, (_, index) => `put d${index}`)
  expect(kinds().flat().toSorted()).toEqual([...puts, 'update d0'].toSorted())
  expect(writes.backlog).toBe(0)
})

test('devices that change all the time are written once a pass, with a pause between passes', async () => {
  const store = new SlowStore()
  const { writes, kinds, entry } = registered(6, store)
  await vi.advanceTimersByTimeAsync(1000)
  const before = kinds().length
  for (let elapsed = 0; elapsed < 3000; elapsed += 10) {
    for (let index = 0; index < 6; index += 1) writes.update(entry(`d${index}`))
    await vi.advanceTimersByTimeAsync(10)
  }
  const updates = kinds().slice(before)
  const pass = [
    ['update d0', 'update d1'],
    ['update d2', 'update d3'],
    ['update d4', 'update d5'],
  ]
  expect(updates.length).toBeGreaterThanOrEqual(24)
  for (let from = 0; from + 3 <= updates.length; from += 3) {
    expect(updates.slice(from, from + 3)).toEqual(pass)
    const [first = 0] = store.at.slice(before + from)
    const [lastOfPrevious = 0] = store.at.slice(before + from - 1)
    if (from > 0) expect(first - lastOfPrevious).toBeGreaterThanOrEqual(STORE_PACE.statusAfterMs)
  }
})
