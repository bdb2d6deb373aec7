import { describe, expect, test } from 'vitest'
import { DeviceRecord } from '#shared/contract/fleet.ts'
import { toDeviceRecord } from './device-record.ts'

const ADDRESS = { tenant: 'alpha', deviceId: 'pump-1' }

const RECORD = {
  device_id: 'pump-1',
  device_ttl: 15,
  capabilities: {
    description: 'Moves water',
    functions: [
      {
        name: 'start',
        description: 'Starts it',
        parameters: { type: 'object', properties: { mode: { enum: ['a\u0007', 'b'] } } },
        tags: ['water', 7],
      },
      { description: 'nameless' },
      'no object',
    ],
    events: [
      { name: 'dry', payload_schema: null },
      { name: 'wet', payload_schema: { type: 'string' } },
    ],
    labels: { zone: ['a', 'b'] },
  },
  identity: { device_type: 'pump', color: 'red\u202e' },
  status: { location: 'Hall', battery: Number.POSITIVE_INFINITY },
  registry: { registered_at: '2026-01-01T00:00:00Z' },
}

test('takes a record apart, with fields that it does not know', () => {
  const record = toDeviceRecord(ADDRESS, RECORD)
  expect(record).toMatchObject({
    ...ADDRESS,
    description: 'Moves water',
    functions: [{ name: 'start', description: 'Starts it', tags: ['water'] }],
    events: [
      { name: 'dry', description: '', payloadSchema: null, tags: [] },
      { name: 'wet', payloadSchema: { type: 'string' } },
    ],
    identity: { device_type: 'pump', color: 'red' },
    status: { location: 'Hall', battery: null },
    labels: { zone: ['a', 'b'] },
  })
  expect(JSON.parse(record?.raw ?? '')).toMatchObject({ device_ttl: 15 })
})

test('schemas keep their exact values, which go back to the device', () => {
  expect(toDeviceRecord(ADDRESS, RECORD)?.functions[0]?.parameters).toEqual({
    type: 'object',
    properties: { mode: { enum: ['a\u0007', 'b'] } },
  })
})

test('reads a record that comes as text', () => {
  expect(toDeviceRecord(ADDRESS, JSON.stringify(RECORD))?.description).toBe('Moves water')
})

test.each([
  ['nothing', null],
  ['undefined', undefined],
  ['a list', []],
  ['broken text', '{"a":'],
])('there is no record where %s comes', (_what, value) => {
  expect(toDeviceRecord(ADDRESS, value)).toBeNull()
})

describe('a record that a hostile device wrote', () => {
  const DEEP = `${'['.repeat(50_000)}${']'.repeat(50_000)}`

  test.each([
    ['empty', '{}'],
    ['wrong types everywhere', '{"capabilities":[1],"identity":"x","status":3,"device_ttl":{}}'],
    ['functions that are none', '{"capabilities":{"functions":{"name":"x"},"events":"y"}}'],
    ['null for everything', '{"capabilities":null,"identity":null,"status":null}'],
    [
      'a schema that nests without end',
      `{"capabilities":{"functions":[{"name":"f","parameters":{"a":${DEEP}}}]},"status":{"a":${DEEP}}}`,
    ],
    ['keys that set prototypes', '{"__proto__":{"x":1},"identity":{"__proto__":{"y":1}}}'],
    [
      'ten thousand functions with long names',
      JSON.stringify({
        capabilities: {
          functions: Array.from({ length: 10_000 }, (_, index) => ({
            name: `f${index}${'x'.repeat(100)}`,
          })),
        },
      }),
    ],
  ])('%s: fits the contract all the same', (_what, text) => {
    const record = toDeviceRecord(ADDRESS, text)
    expect(() => DeviceRecord.parse(record)).not.toThrow()
    expect(JSON.stringify(record).length).toBeLessThan(1_000_000)
    expect(({} as { x?: unknown }).x).toBeUndefined()
  })

  test('the raw text is cut at 256 KiB and shows hidden characters as escapes', () => {
    const long = toDeviceRecord(ADDRESS, { identity: { text: 'x'.repeat(400_000) } })
    expect(long?.raw.length).toBeLessThanOrEqual(256 * 1024)
    expect(long?.raw).toMatch(/cut here/)
    const hiding = toDeviceRecord(ADDRESS, { identity: { name: 'a\u202eb\u200bc' } })
    expect(hiding?.raw).toContain('a\\u202eb\\u200bc')
  })
})
