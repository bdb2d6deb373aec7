import { expect, test } from 'vitest'
import { deviceParams, registryParts, rpc } from '../../../tests/support/registry-parts.ts'
import type { RegistryOptions } from './registry-parts.ts'

type Params = Record<string, unknown>

function camera(deviceId: string, changes: Params = {}) {
  return deviceParams(deviceId, {
    capabilities: {
      labels: { category: ['camera', 'inference'] },
      functions: [
        {
          name: 'shoot',
          description: 'Takes a picture.',
          parameters: { type: 'object' },
          labels: { direction: 'read' },
        },
        { name: 'turn', labels: { direction: 'write', safety: 'critical' } },
      ],
      events: [{ name: 'moved', payload_schema: { type: 'object' }, labels: { kind: 'motion' } }],
    },
    identity: { device_type: 'camera' },
    status: { ts: '', location: 'hall/1', availability: 'idle' },
    ...changes,
  })
}

function fleetOf(devices: readonly Params[], options?: Partial<RegistryOptions>) {
  const parts = registryParts(options)
  for (const params of devices) {
    parts.registrations.answer('t', rpc('registerDevice', params), 'source')
  }
  const ask = (method: string, params?: Params) =>
    JSON.parse(parts.discovery.answer('t', rpc(`discovery/${method}`, params), 'source'))
  const discover = (selector: unknown, params: Params = {}) =>
    ask('discover', { selector, ...params }).result
  return { ...parts, ask, discover }
}

const FLEET = [camera('cam-1'), camera('cam-2'), deviceParams('soil-1')]

test('few devices come with their functions, and with the vocabulary of all that match', () => {
  const { discover } = fleetOf(FLEET)
  expect(discover('device(category:camera)')).toEqual({
    scope: 'device_only',
    matched: 2,
    returned: 2,
    offset: 0,
    next_offset: null,
    results: ['cam-1', 'cam-2'].map((device_id) => ({
      device_id,
      device_type: 'camera',
      location: 'hall/1',
      function_count: 2,
      function_names: ['shoot', 'turn'],
      functions: [
        { name: 'shoot', description: 'Takes a picture.', parameters: { type: 'object' } },
        { name: 'turn', description: '', parameters: {} },
      ],
      status: 'idle',
      labels: { category: ['camera', 'inference'], location: 'hall/1', type: 'camera' },
    })),
    label_histogram: {
      category: { values: { camera: 2, inference: 2 }, multivalued: true, unique_devices: 2 },
      location: { values: { 'hall/1': 2 } },
      type: { values: { camera: 2 } },
    },
  })
})

test('functions and events are rows of their own, across devices and pages', () => {
  const { discover } = fleetOf(FLEET)
  expect(discover('device(cam-*).function(direction:*)', { offset: 1, limit: 2 })).toEqual({
    scope: 'device_function',
    matched: 4,
    returned: 2,
    offset: 1,
    next_offset: 3,
    results: [
      {
        device_id: 'cam-1',
        name: 'turn',
        description: '',
        parameters: {},
        labels: { direction: 'write', safety: 'critical' },
      },
      {
        device_id: 'cam-2',
        name: 'shoot',
        description: 'Takes a picture.',
        parameters: { type: 'object' },
        labels: { direction: 'read' },
      },
    ],
    label_histogram: {
      direction: { values: { read: 2, write: 2 } },
      safety: { values: { critical: 2 } },
    },
  })
  expect(discover('event(*)')).toMatchObject({
    scope: 'event_only',
    matched: 3,
    results: [
      { device_id: 'cam-1', name: 'moved', payload_schema: { type: 'object' } },
      { device_id: 'cam-2' },
      { device_id: 'soil-1', name: 'dry', payload_schema: null, labels: null },
    ],
  })
  expect(discover('function(measure)').results[0].device_id).toBe('soil-1')
})

test('a location that changes is found at its new place', () => {
  const { discover, heartbeats } = fleetOf(FLEET)
  expect(discover('device(location:hall/*)').matched).toBe(2)
  const beat = Buffer.from(JSON.stringify({ ts: 1, location: 'yard' }))
  heartbeats.receive('device-connect.t.cam-2.heartbeat', beat)
  expect(discover('device(location:hall/*)').matched).toBe(1)
  expect(discover('device(location:yard)').results[0].device_id).toBe('cam-2')
})

test('the vocabulary names every key of every axis, and pages through the values of one', () => {
  const places = Array.from({ length: 30 }, (_, number) =>
    camera(`c${number}`, { status: { ts: '', location: `room ${number}` } }),
  )
  const { ask } = fleetOf([...places, camera('twin', { status: { ts: '', location: 'room 7' } })])
  const all = ask('discoverLabels').result
  expect(all).toMatchObject({ total_devices: 31, total_functions: 62, total_events: 31 })
  expect(all.device_keys.location).toMatchObject({ more: 10 })
  expect(Object.entries(all.device_keys.location.values)[0]).toEqual(['room 7', 2])
  expect(all.function_keys.direction).toEqual({ values: { read: 31, write: 31 } })
  expect(all.event_keys).toEqual({ kind: { values: { motion: 31 } } })
  const page = ask('discoverLabels', { key: 'device.location', offset: 10, limit: 15 }).result
  expect(page).toMatchObject({ axis: 'device', key: 'location', matched: 30, returned: 15 })
  expect(page).toMatchObject({ next_offset: 25, axis_total: 31 })
  expect(ask('discoverLabels', { key: 'device.category' }).result.multivalued).toBe(true)
})

test('what can not be asked is refused as data, with a code', () => {
  const { ask, discover } = fleetOf(FLEET)
  expect(discover('device(').error).toMatchObject({
    code: 'selector_parse_error',
    message: expect.stringContaining('^'),
  })
  expect(discover(7).error.code).toBe('invalid_selector')
  expect(ask('discoverLabels', { key: 'location' }).result.error.code).toBe(
    'key_not_axis_qualified',
  )
  expect(ask('discoverLabels', { key: 'site.x' }).result.error.code).toBe('unknown_axis')
  expect(ask('discover', { selector: 'device()', limit: 'many' }).error.code).toBe(-32602)
})

test('who may not see a device finds it by no selector, and it counts in no vocabulary', () => {
  const { discover, ask } = fleetOf(FLEET, {
    accessLists: [{ tenant: 't', device_id: 'cam-1', hidden_from: ['guest-*'] }],
  })
  expect(discover('device(cam-*)', { requester_id: 'guest-7' }).matched).toBe(1)
  expect(discover('device(cam-*)', { requester_id: 'staff' }).matched).toBe(2)
  const labels = ask('discoverLabels', { requester_id: 'guest-7' }).result
  expect(labels.device_keys.category.values.camera).toBe(1)
  expect(ask('describeFleet', { requester_id: 'guest-7' }).result.total_devices).toBe(2)
})

test('pages shrink to what one message holds, and walk through all rows once', () => {
  const devices = Array.from({ length: 300 }, (_, number) => camera(`c${1000 + number}`))
  const { discover, wire } = fleetOf(devices)
  wire.maxPayload = () => 8192
  const walked: string[] = []
  for (let offset: number | null = 0; offset !== null;) {
    const page = discover('function(shoot)', { offset, limit: 1000 })
    expect(page.returned).toBeLessThan(200)
    walked.push(...page.results.map((row: Params) => row['device_id']))
    offset = page.next_offset
  }
  expect(walked).toEqual(devices.map(({ device_id }) => device_id))
})
