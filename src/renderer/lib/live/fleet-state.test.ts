import { expect, test } from 'vitest'
import type { FleetDevice, FleetUpdate } from '#shared/contract/fleet.ts'
import { deviceOf, fleetKey, reduceFleet, type FleetState } from './fleet-state.ts'

function device(tenant: string, deviceId: string, change: Partial<FleetDevice> = {}): FleetDevice {
  return {
    tenant,
    deviceId,
    deviceType: null,
    manufacturer: null,
    model: null,
    firmwareVersion: null,
    location: null,
    availability: null,
    busyScore: null,
    battery: null,
    errorState: null,
    functionCount: 0,
    eventCount: 0,
    state: 'online',
    since: '2026-03-03T12:00:00Z',
    lastSeenAt: null,
    ttlSeconds: 15,
    registeredAt: null,
    presence: null,
    ...change,
  }
}

const NOTHING: FleetUpdate & { type: 'changed' } = {
  type: 'changed',
  upserted: [],
  removed: [],
  beats: [],
  stale: false,
}

function after(...updates: FleetUpdate[]): FleetState {
  let state: FleetState | undefined
  for (const update of updates) state = reduceFleet(state, update)
  if (state === undefined) throw new Error('no snapshot among the updates')
  return state
}

const snapshot: FleetUpdate = {
  type: 'snapshot',
  devices: [device('a', '1'), device('a', '2'), device('b', '1')],
  stale: false,
}

test('a change before the snapshot is ignored', () => {
  expect(reduceFleet(undefined, { ...NOTHING, upserted: [device('a', '1')] })).toBeUndefined()
})

test('equal ids of two tenants are two devices', () => {
  const state = after(snapshot, { ...NOTHING, upserted: [device('b', '1', { state: 'offline' })] })
  expect(deviceOf(state, fleetKey({ tenant: 'a', deviceId: '1' }))?.state).toBe('online')
  expect(deviceOf(state, fleetKey({ tenant: 'b', deviceId: '1' }))?.state).toBe('offline')
})

test('a removed device is gone and every other one is still found', () => {
  const state = after(snapshot, { ...NOTHING, removed: [{ tenant: 'a', deviceId: '1' }] })
  expect(state.devices).toHaveLength(2)
  expect(deviceOf(state, 'a 1')).toBeUndefined()
  expect(deviceOf(state, 'a 2')?.deviceId).toBe('2')
  expect(deviceOf(state, 'b 1')?.tenant).toBe('b')
})

test('removing everything, the last one too, leaves nothing', () => {
  const removed = [
    { tenant: 'b', deviceId: '1' },
    { tenant: 'a', deviceId: '1' },
    { tenant: 'a', deviceId: '2' },
    { tenant: 'x', deviceId: 'unknown' },
  ]
  expect(after(snapshot, { ...NOTHING, removed }).devices).toEqual([])
})

test('heartbeats change the time only, and do not count as a new order', () => {
  const before = after(snapshot)
  const state = reduceFleet(before, { ...NOTHING, beats: [['a', '2', Date.UTC(2026, 2, 3)]] })
  expect(state?.devices[1]?.lastSeenAt).toBe('2026-03-03T00:00:00.000Z')
  expect(state?.revision).toBe(before.revision)
  expect(state?.beat).toBe(before.beat + 1)
  expect(before.devices[1]?.lastSeenAt).toBeNull()
})

test('a new snapshot replaces everything', () => {
  const state = after(snapshot, { type: 'snapshot', devices: [device('c', '9')], stale: true })
  expect(state.devices.map(fleetKey)).toEqual(['c 9'])
  expect(state.stale).toBe(true)
  expect(deviceOf(state, 'a 1')).toBeUndefined()
})
