import { expect, test } from 'vitest'
import { bytes, deviceParams, registryParts, rpc } from '../../../tests/support/registry-parts.ts'

const SUBJECT = 'device-connect.alpha.d.heartbeat'

function withDevice() {
  const parts = registryParts()
  parts.registrations.answer('alpha', rpc('registerDevice', deviceParams('d')), 'source')
  const entry = parts.index.get('alpha', 'd')
  if (entry === undefined) throw new Error('not registered')
  entry.pendingWrite = 0
  return { ...parts, entry }
}

test('a heartbeat is merged into the status and noted for writing', () => {
  const { heartbeats, entry, counters } = withDevice()
  heartbeats.receive(SUBJECT, bytes({ device_id: 'd', ts: 5, battery: 79, mode: 'eco' }))
  expect(JSON.parse(entry.record()).status).toEqual({
    ts: '2026-01-01T00:00:00Z',
    location: 'greenhouse',
    battery: 79,
    mode: 'eco',
  })
  expect(entry.pendingWrite).not.toBe(0)
  expect(counters.heartbeatsChanged).toBe(1)
})

test('an unchanged heartbeat is not noted for writing but counts as life', () => {
  const { heartbeats, entry, counters, clock } = withDevice()
  for (let ts = 1; ts <= 3; ts += 1) {
    clock.advance(5000)
    heartbeats.receive(SUBJECT, bytes({ device_id: 'd', ts, battery: 80 }))
  }
  expect(entry.pendingWrite).toBe(0)
  expect(counters).toMatchObject({ heartbeats: 3, heartbeatsUnchanged: 3, heartbeatsChanged: 0 })
  expect(entry.lastBeatMs).toBe(clock.monotonicMs())
  expect(entry.lastSeenEpochMs).toBe(clock.epochMs())
  expect(entry.deviceClockSeconds).toBe(3)
})

test('after a new registration the next heartbeat is compared with the new status', () => {
  const { heartbeats, entry, registrations } = withDevice()
  const beat = (ts: number) => bytes({ ts, battery: 10 })
  heartbeats.receive(SUBJECT, beat(1))
  registrations.answer('alpha', rpc('registerDevice', deviceParams('d')), 'source')
  heartbeats.receive(SUBJECT, beat(2))
  expect(JSON.parse(entry.status).battery).toBe(10)
})

test('a heartbeat can not speak for another device', () => {
  const { heartbeats, entry, counters, clock } = withDevice()
  clock.advance(1000)
  heartbeats.receive(SUBJECT, bytes({ device_id: 'e', ts: 1, battery: 1 }))
  heartbeats.receive(SUBJECT, bytes({ device_id: 'a b\r\nPUB x', ts: 1 }))
  expect(JSON.parse(entry.status).battery).toBe(80)
  expect(entry.lastBeatMs).not.toBe(clock.monotonicMs())
  expect(counters.misattributed).toBe(2)
})

test('oversize heartbeats and a status that would grow without end are dropped', () => {
  const { heartbeats, entry, counters } = withDevice()
  heartbeats.receive(SUBJECT, bytes({ a: 'x'.repeat(70_000) }))
  for (const name of ['a', 'b', 'c']) {
    heartbeats.receive(SUBJECT, bytes({ [name]: 'x'.repeat(30_000) }))
  }
  expect(counters.oversize).toBe(2)
  expect(entry.status.length).toBeLessThanOrEqual(64 * 1024)
})

test('heartbeats on unsafe or foreign subjects are dropped', () => {
  const { heartbeats, counters } = withDevice()
  for (const subject of ['x', 'device-connect.a b.d.heartbeat', 'device-connect.*.>.heartbeat']) {
    heartbeats.receive(subject, bytes({ ts: 1 }))
  }
  expect(counters.unsafeNames).toBe(3)
  expect(counters.recoveriesAsked).toBe(0)
})

test('a heartbeat of an unknown device asks it to register, once', () => {
  const { heartbeats, counters } = withDevice()
  for (let ts = 0; ts < 5; ts += 1) {
    heartbeats.receive('device-connect.alpha.new.heartbeat', bytes({ ts }))
  }
  expect(counters.recoveriesAsked).toBe(1)
})

test('what a device said last beyond its limit is taken once the limit allows it', () => {
  const { heartbeats, entry, counters, clock } = withDevice()
  const batteryOf = () => JSON.parse(entry.status).battery
  for (let ts = 0; ts < 300; ts += 1) heartbeats.receive(SUBJECT, bytes({ ts, battery: ts }))
  heartbeats.takePostponed()
  expect(batteryOf()).toBeLessThan(299)
  expect(counters.throttled).toBeGreaterThan(0)
  const heardAtMs = clock.monotonicMs()
  clock.advance(1000)
  heartbeats.takePostponed()
  expect(batteryOf()).toBe(299)
  // It is the same heartbeat, not another sign of life.
  expect(entry.lastBeatMs).toBe(heardAtMs)
  heartbeats.receive(SUBJECT, bytes({ ts: 301, battery: 7 }))
  heartbeats.takePostponed()
  expect(batteryOf()).toBe(7)
})

test('what waits for a limit does not undo what was said since', () => {
  const { heartbeats, entry, clock, registrations } = withDevice()
  const said = (ts: number) => heartbeats.receive(SUBJECT, bytes({ ts, battery: ts }))
  for (let ts = 0; ts < 300; ts += 1) said(ts)
  registrations.answer('alpha', rpc('registerDevice', deviceParams('d')), 'source')
  clock.advance(1000)
  heartbeats.takePostponed()
  expect(JSON.parse(entry.status).battery).toBe(80)
})
