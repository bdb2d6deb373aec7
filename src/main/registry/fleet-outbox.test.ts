import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { bytes, deviceParams, registryParts, rpc } from '../../../tests/support/registry-parts.ts'
import { toFleetDevice } from './fleet-device.ts'
import { FleetMirror } from './fleet-mirror.ts'
import { FleetOutbox } from './fleet-outbox.ts'
import { FromSidecar, type FleetMessage } from './sidecar-messages.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function console(acknowledge: boolean) {
  const mirror = new FleetMirror()
  const sent: FleetMessage[] = []
  const outbox: FleetOutbox = new FleetOutbox((message) => {
    sent.push(message)
    expect(FromSidecar.safeParse(message).success).toBe(true)
    mirror.apply(structuredClone(message))
    if (acknowledge) queueMicrotask(() => outbox.received(message.sequence))
  })
  const parts = registryParts({ feed: outbox })
  const register = (deviceId: string) =>
    parts.registrations.answer('t', rpc('registerDevice', deviceParams(deviceId)), 'source')
  const forget = (deviceId: string) => {
    const entry = parts.index.get('t', deviceId)
    if (entry === undefined) return
    parts.index.remove(entry)
    outbox.removed(entry)
  }
  const beat = (deviceId: string, status: object) => {
    parts.clock.advance(1000)
    parts.heartbeats.receive(`device-connect.t.${deviceId}.heartbeat`, bytes({ ts: 1, ...status }))
  }
  return { ...parts, mirror, sent, outbox, register, forget, beat }
}

test('the snapshot comes in parts, and the console shows it once it is whole', async () => {
  const { register, outbox, index, mirror, sent } = console(true)
  for (let number = 0; number < 2500; number += 1) register(`d${number}`)
  outbox.start(index.all())
  expect(mirror.devices()).toEqual([])
  await vi.advanceTimersByTimeAsync(10)
  expect(sent.map((message) => message.type)).toEqual(['snapshot', 'snapshot', 'snapshot'])
  expect(mirror.devices().length).toBe(2500)
  expect(mirror.stale).toBe(false)
})

test('an empty fleet is a snapshot too', async () => {
  const { outbox, index, mirror } = console(true)
  outbox.start(index.all())
  await vi.advanceTimersByTimeAsync(10)
  expect(mirror.snapshot()).toEqual({ type: 'snapshot', devices: [], stale: false })
})

test('at most ten messages a second go, whatever happens', async () => {
  const { register, beat, outbox, index, sent } = console(true)
  register('d')
  outbox.start(index.all())
  await vi.advanceTimersByTimeAsync(10)
  sent.length = 0
  for (let step = 0; step < 1000; step += 1) {
    beat('d', { n: step })
    await vi.advanceTimersByTimeAsync(1)
  }
  expect(sent.length).toBeLessThanOrEqual(10)
  expect(sent.length).toBeGreaterThanOrEqual(8)
})

test('a console that does not take a message gets no other, and then all that changed', async () => {
  const { register, beat, outbox, index, sent, mirror } = console(false)
  register('d')
  outbox.start(index.all())
  outbox.received(1)
  for (let step = 0; step < 100; step += 1) {
    beat('d', { n: step, location: `place ${step}` })
    register(`e${step}`)
    await vi.advanceTimersByTimeAsync(100)
  }
  expect(sent.length).toBe(2)
  outbox.received(2)
  await vi.advanceTimersByTimeAsync(100)
  expect(sent.length).toBe(3)
  expect(mirror.get('t', 'd')?.location).toBe('place 99')
  expect(mirror.devices().length).toBe(101)
})

test('an unchanged heartbeat only moves the time last seen', async () => {
  const { register, beat, outbox, index, sent, mirror, clock } = console(true)
  register('d')
  outbox.start(index.all())
  await vi.advanceTimersByTimeAsync(100)
  // The first two after a registration are changes: why it is online, and how often it beats.
  beat('d', {})
  beat('d', {})
  await vi.advanceTimersByTimeAsync(100)
  beat('d', {})
  await vi.advanceTimersByTimeAsync(100)
  expect(sent.at(-1)).toMatchObject({ upserted: [], beats: [['t', 'd', clock.epochMs()]] })
  expect(mirror.get('t', 'd')?.lastSeenAt).toBe(new Date(clock.epochMs()).toISOString())
})

test('whatever happens in whatever order, the console ends with the same fleet', async () => {
  const device = fc.constantFrom('a', 'b', 'c')
  const step = fc.oneof(
    fc.record({ act: fc.constant('register' as const), device }),
    fc.record({ act: fc.constant('forget' as const), device }),
    fc.record({ act: fc.constant('beat' as const), device, n: fc.nat(3) }),
    fc.record({ act: fc.constant('wait' as const), ms: fc.nat(250) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.nat(40), async (steps, startAt) => {
      const { register, forget, beat, outbox, index, mirror } = console(true)
      for (const [number, taken] of steps.entries()) {
        if (number === startAt) outbox.start(index.all())
        if (taken.act === 'register') register(taken.device)
        else if (taken.act === 'forget') forget(taken.device)
        else if (taken.act === 'beat') beat(taken.device, { n: taken.n })
        else await vi.advanceTimersByTimeAsync(taken.ms)
      }
      if (startAt >= steps.length) outbox.start(index.all())
      await vi.advanceTimersByTimeAsync(500)
      const byId = (a: { deviceId: string }, b: { deviceId: string }) =>
        a.deviceId < b.deviceId ? -1 : 1
      expect(mirror.devices().sort(byId)).toEqual([...index.all()].map(toFleetDevice).sort(byId))
      outbox.close()
    }),
    { numRuns: 200 },
  )
})
