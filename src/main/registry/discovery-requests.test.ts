import { expect, test } from 'vitest'
import { bytes, deviceParams, registryParts, rpc } from '../../../tests/support/registry-parts.ts'
import type { RegistryOptions } from './registry-parts.ts'

type Params = Record<string, unknown>

function fleetOf(
  devices: readonly ReturnType<typeof deviceParams>[],
  options?: Partial<RegistryOptions>,
) {
  const parts = registryParts(options)
  for (const params of devices) {
    const reply = parts.registrations.answer('alpha', rpc('registerDevice', params), 'source')
    expect(JSON.parse(reply)).toHaveProperty('result')
  }
  const ask = (method: string, params?: Params, tenant = 'alpha') =>
    JSON.parse(parts.discovery.answer(tenant, rpc(`discovery/${method}`, params), 'source'))
  const ids = (params: Params) =>
    ask('listDevices', params).result.devices.map((device: Params) => device['device_id'])
  return { ...parts, ask, ids }
}

const devices = [
  deviceParams('b', {
    identity: { device_type: 'Soil-Sensor' },
    status: { ts: '', location: 'Hall 1' },
  }),
  deviceParams('a', { identity: { device_type: 'pump' }, status: { ts: '', location: 'hall 2' } }),
  deviceParams('c', { identity: {}, status: { ts: '' } }),
]

test('without a limit the whole fleet comes in key order, and nothing but the devices', () => {
  const { ask, ids } = fleetOf(devices)
  expect(ids({})).toEqual(['a', 'b', 'c'])
  expect(Object.keys(ask('listDevices').result)).toEqual(['devices'])
})

test('filters are substrings of type and location, in any case', () => {
  const { ids } = fleetOf(devices)
  expect(ids({ device_type: 'SENSOR' })).toEqual(['b'])
  expect(ids({ location: 'hall' })).toEqual(['a', 'b'])
  expect(ids({ location: 'hall', device_type: 'pump' })).toEqual(['a'])
  expect(ids({ device_type: null, location: '' })).toEqual(['a', 'b', 'c'])
})

test('a tenant sees its own devices only', () => {
  const { ask } = fleetOf(devices)
  expect(ask('listDevices', {}, 'beta').result.devices).toEqual([])
  expect(ask('getDevice', { device_id: 'a' }, 'beta').result.device).toBeNull()
})

test('pages follow each other to the last, whose next_offset is null', () => {
  const { ask } = fleetOf(devices)
  const first = ask('listDevices', { limit: 2 }).result
  expect(first).toMatchObject({ next_offset: 2, total_matched: 3 })
  const last = ask('listDevices', { limit: 2, offset: first.next_offset }).result
  expect(last).toMatchObject({ next_offset: null, total_matched: 3 })
  expect([...first.devices, ...last.devices].map((device) => device.device_id)).toEqual([
    'a',
    'b',
    'c',
  ])
  expect(ask('listDevices', { limit: 2, offset: 99 }).result).toEqual({
    devices: [],
    next_offset: null,
    total_matched: 3,
  })
})

test('the limit is clamped', () => {
  const { ask } = fleetOf(devices, { listMaxLimit: 2 })
  expect(ask('listDevices', { limit: 1000 }).result).toMatchObject({ next_offset: 2 })
})

test.each([
  [{ limit: 0 }],
  [{ limit: -1 }],
  [{ limit: 'many' }],
  [{ limit: 1.5 }],
  [{ limit: true }],
  [{ limit: {} }],
  [{ offset: -1 }],
  [{ offset: 'x', limit: 5 }],
  [{ offset: 0.5 }],
])('listDevices with %j is error -32602', (params) => {
  expect(fleetOf(devices).ask('listDevices', params)).toMatchObject({ error: { code: -32602 } })
})

test('limit and offset may be null or written as text, as the reference takes them', () => {
  const { ids } = fleetOf(devices)
  expect(ids({ limit: '1', offset: '1' })).toEqual(['b'])
  expect(ids({ limit: null, offset: null })).toEqual(['a', 'b', 'c'])
})

test('getDevice gives the record, null for one that is not there, -32602 without an id', () => {
  const { ask } = fleetOf(devices)
  expect(ask('getDevice', { device_id: 'a' }).result.device).toMatchObject({
    device_id: 'a',
    registry: { registered_at: '2026-01-01T00:00:00Z' },
  })
  expect(ask('getDevice', { device_id: 'z' }).result).toEqual({ device: null })
  expect(ask('getDevice')).toMatchObject({ error: { code: -32602 } })
  expect(ask('getDevice', { device_id: '' })).toMatchObject({ error: { code: -32602 } })
  expect(ask('getDevice', { device_id: 5 })).toMatchObject({ error: { code: -32602 } })
})

test('describeFleet counts by type and location, with unknown where a field is absent', () => {
  expect(fleetOf(devices).ask('describeFleet').result).toEqual({
    total_devices: 3,
    total_functions: 3,
    by_type: {
      pump: { count: 1, locations: ['hall 2'] },
      'Soil-Sensor': { count: 1, locations: ['Hall 1'] },
      unknown: { count: 1, locations: ['unknown'] },
    },
    by_location: {
      'hall 2': { count: 1, types: ['pump'] },
      'Hall 1': { count: 1, types: ['Soil-Sensor'] },
      unknown: { count: 1, types: ['unknown'] },
    },
  })
})

test('what one message can not hold shrinks the page; without pages it is an error', () => {
  const { ask } = fleetOf(
    Array.from({ length: 10 }, (_, index) =>
      deviceParams(`d${index}`, { padding: 'é'.repeat(150_000) }),
    ),
  )
  const walked: string[] = []
  let pages = 0
  for (let offset: number | null = 0; offset !== null; pages += 1) {
    const reply = ask('listDevices', { limit: 100, offset })
    expect(Buffer.byteLength(JSON.stringify(reply))).toBeLessThanOrEqual(1024 * 1024)
    walked.push(...reply.result.devices.map((device: Params) => device['device_id']))
    offset = reply.result.next_offset
  }
  expect(pages).toBe(4)
  expect(walked).toEqual(Array.from({ length: 10 }, (_, index) => `d${index}`))
  expect(ask('listDevices')).toMatchObject({
    error: { code: -32602, message: expect.stringContaining('limit') },
  })
})

test('access lists hide devices from whom they name', () => {
  const { ids, ask } = fleetOf(devices, {
    accessLists: [{ tenant: 'alpha', device_id: 'a', hidden_from: ['guest-*'] }],
  })
  expect(ids({ requester_id: 'guest-1' })).toEqual(['b', 'c'])
  expect(ids({ requester_id: 'admin' })).toEqual(['a', 'b', 'c'])
  expect(ask('getDevice', { device_id: 'a', requester_id: 'guest-1' }).result.device).toBeNull()
  expect(ask('describeFleet', { requester_id: 'guest-1' }).result.total_devices).toBe(2)
  expect(ask('listDevices', { requester_id: 'guest-1', limit: 1 }).result.total_matched).toBe(2)
})

test('a device type called __proto__ is a name like any other', () => {
  const { ask } = fleetOf([deviceParams('d', { identity: { device_type: '__proto__' } })])
  const summary = JSON.stringify(ask('describeFleet').result.by_type)
  expect(summary).toBe('{"__proto__":{"count":1,"locations":["greenhouse"]}}')
})

test('an unknown method is error -32601, and text that is not JSON -32602', () => {
  const { discovery, ask } = fleetOf([])
  expect(ask('unknown')).toMatchObject({ error: { code: -32601 } })
  expect(JSON.parse(discovery.answer('alpha', bytes('{'), 'source'))).toMatchObject({
    error: { code: -32602 },
  })
})
