import { expect, test } from 'vitest'
import type { FleetDevice } from '#shared/contract/fleet.ts'
import { rowAfterKey } from '../../ui/row-keys.ts'
import { reduceFleet, type FleetState } from '../../lib/live/fleet-state.ts'
import { FleetOrder, type SortColumn } from './fleet-order.ts'
import { countStates, fittingDevices, type FleetFilter } from './fleet-view.ts'

function device(deviceId: string, change: Partial<FleetDevice> = {}): FleetDevice {
  return {
    tenant: 'farm',
    deviceId,
    deviceType: 'pump',
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

const FLEET = [
  device('c', { location: 'Roof', state: 'offline' }),
  device('A', { tenant: 'lab', location: 'cellar' }),
  device('b', { state: 'pending' }),
]

const EVERYTHING: FleetFilter = { search: '', state: 'all', tenant: null }

function stateOf(devices: FleetDevice[]): FleetState {
  const state = reduceFleet(undefined, { type: 'snapshot', devices, stale: false })
  if (state === undefined) throw new Error('a snapshot makes a state')
  return state
}

function ids(devices: readonly FleetDevice[]): string[] {
  return devices.map(({ deviceId }) => deviceId)
}

function ordered(column: SortColumn, descending = false): string[] {
  return ids(new FleetOrder().of(stateOf(FLEET), column, descending))
}

function fitting(filter: Partial<FleetFilter>): string[] {
  return ids(fittingDevices(FLEET, { ...EVERYTHING, ...filter }))
}

test('orders without regard to case, and both ways', () => {
  expect(ordered('deviceId')).toEqual(['A', 'b', 'c'])
  expect(ordered('deviceId', true)).toEqual(['c', 'b', 'A'])
})

test('what has no value stands last, whichever way the rest goes', () => {
  expect(ordered('location')).toEqual(['A', 'c', 'b'])
  expect(ordered('location', true)).toEqual(['c', 'A', 'b'])
})

test('orders by trouble', () => {
  expect(ordered('state')).toEqual(['c', 'b', 'A'])
})

test('an order that is kept over changes is the one that a new one would have', () => {
  const order = new FleetOrder()
  let state = stateOf(Array.from({ length: 50 }, (_, index) => device(`d${(index * 7) % 50}`)))
  order.of(state, 'deviceId', false)
  for (let step = 0; step < 40; step += 1) {
    const next = reduceFleet(state, {
      type: 'changed',
      upserted: [device(`n${step % 13}`), device(`d${step}`, { location: `l${step}` })],
      removed: [{ tenant: 'farm', deviceId: `d${(step * 3) % 50}` }],
      beats: [],
      stale: false,
    })
    if (next === undefined) throw new Error('the fleet was lost')
    state = next
    const column = step % 2 === 0 ? 'deviceId' : 'location'
    const kept = order.of(state, column, step % 3 === 0)
    expect(kept).toEqual(new FleetOrder().of(state, column, step % 3 === 0))
  }
})

test('every word has to be found somewhere', () => {
  expect(fitting({ search: 'PUMP roof' })).toEqual(['c'])
  expect(fitting({ search: 'pump roof lab' })).toEqual([])
  expect(fitting({ search: '  ' })).toEqual(['c', 'A', 'b'])
})

test('filters by tenant and state', () => {
  expect(fitting({ tenant: 'lab' })).toEqual(['A'])
  expect(fitting({ state: 'pending' })).toEqual(['b'])
})

test('counts the states of a tenant', () => {
  expect(countStates(FLEET, null)).toEqual({ all: 3, online: 1, offline: 1, pending: 1 })
  expect(countStates(FLEET, 'lab')).toEqual({ all: 1, online: 1, offline: 0, pending: 0 })
})

test.each([
  ['ArrowDown', -1, 0],
  ['ArrowDown', 9, 9],
  ['ArrowUp', -1, 9],
  ['ArrowUp', 0, 0],
  ['PageDown', 2, 7],
  ['PageUp', 2, 0],
  ['Home', 5, 0],
  ['End', 5, 9],
  ['a', 5, null],
])('%s from row %i leads to row %s of ten', (key, from, to) => {
  expect(rowAfterKey(key, from, 10, 5)).toBe(to)
})
