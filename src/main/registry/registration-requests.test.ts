import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytes, deviceParams, registryParts, rpc } from '../../../tests/support/registry-parts.ts'

const answerTo = (parts: ReturnType<typeof registryParts>, data: Uint8Array, tenant = 'alpha') =>
  JSON.parse(parts.registrations.answer(tenant, data, 'source'))

test('a registration is confirmed and its record keeps every field', () => {
  const parts = registryParts()
  const params = deviceParams('soil-1', {
    attestation: { quote: 'x' },
    anything: [1],
    registry: { device_registration_id: 'claimed' },
  })
  const reply = answerTo(parts, rpc('registerDevice', params, 7))
  expect(reply).toMatchObject({ jsonrpc: '2.0', id: 7, result: { status: 'registered' } })
  const { device_registration_id: id } = reply.result
  expect(id).toMatch(/^[0-9a-f-]{36}$/)
  const record = JSON.parse(parts.index.get('alpha', 'soil-1')?.record() ?? '')
  expect(record).toEqual({
    ...params,
    registry: { device_registration_id: id, registered_at: '2026-01-01T00:00:00Z' },
  })
})

test('the tenant is that of the subject, whatever the payload says', () => {
  const parts = registryParts()
  answerTo(parts, rpc('registerDevice', deviceParams('d', { tenant: 'beta' })), 'alpha')
  expect(parts.index.get('alpha', 'd')).toBeDefined()
  expect(parts.index.get('beta', 'd')).toBeUndefined()
})

test('an unknown method is error -32601', () => {
  expect(answerTo(registryParts(), rpc('unregister', {}, 'x'))).toMatchObject({
    id: 'x',
    error: { code: -32601 },
  })
})

test.each([
  ['text that is not JSON', bytes('{')],
  ['a list', bytes('[]')],
  ['no params', rpc('registerDevice')],
  ['params as a list', rpc('registerDevice', [])],
  ['no device id', rpc('registerDevice', deviceParams('d', { device_id: undefined }))],
  ['a device id with a space', rpc('registerDevice', deviceParams('a b'))],
  ['a device id with a dot', rpc('registerDevice', deviceParams('a.b'))],
  ['an empty device id', rpc('registerDevice', deviceParams(''))],
  ['a ttl of zero', rpc('registerDevice', deviceParams('d', { device_ttl: 0 }))],
  ['a fractional ttl', rpc('registerDevice', deviceParams('d', { device_ttl: 1.5 }))],
  ['a ttl in words', rpc('registerDevice', deviceParams('d', { device_ttl: 'soon' }))],
  ['a fractional ttl as text', rpc('registerDevice', deviceParams('d', { device_ttl: '1.5' }))],
  ['no capabilities', rpc('registerDevice', deviceParams('d', { capabilities: undefined }))],
  ['no identity', rpc('registerDevice', deviceParams('d', { identity: null }))],
  ['no status', rpc('registerDevice', deviceParams('d', { status: undefined }))],
  ['a status without ts', rpc('registerDevice', deviceParams('d', { status: {} }))],
  [
    'functions without a name',
    rpc('registerDevice', deviceParams('d', { capabilities: { functions: [{}] } })),
  ],
])('%s is error -32602 and registers nothing', (_what, data) => {
  const parts = registryParts()
  expect(answerTo(parts, data)).toMatchObject({ error: { code: -32602 } })
  expect(parts.index.size).toBe(0)
})

test('what the reference registry lets pass is let pass', () => {
  const params = deviceParams('d', {
    capabilities: {},
    identity: {},
    status: { ts: 'now', battery: 300, busy_score: null },
  })
  expect(answerTo(registryParts(), rpc('registerDevice', params))).toHaveProperty('result')
})

test('numbers and truths that come as text are kept as what they mean', () => {
  const parts = registryParts()
  const params = deviceParams('d', {
    device_ttl: '20',
    capabilities: { functions: [{ name: '' }] },
    status: { ts: 'now', battery: ' 50 ', busy_score: '2.5e-1', online: 'Yes', location: '7' },
  })
  expect(answerTo(parts, rpc('registerDevice', params))).toHaveProperty('result')
  expect(JSON.parse(parts.index.get('alpha', 'd')?.record() ?? '')).toMatchObject({
    device_ttl: 20,
    status: { battery: 50, busy_score: 0.25, online: true, location: '7' },
  })
})

test('a record that fits into no reply of the server is refused', () => {
  const params = deviceParams('d', { padding: 'x'.repeat(1024 * 1024) })
  expect(answerTo(registryParts(), rpc('registerDevice', params))).toMatchObject({
    error: { code: -32602 },
  })
})

test('registering again replaces the record and gives a new registration id', () => {
  const parts = registryParts()
  const first = answerTo(parts, rpc('registerDevice', deviceParams('d', { extra: 1 })))
  parts.heartbeats.receive('device-connect.alpha.d.heartbeat', bytes('{"ts":1,"battery":5}'))
  const second = answerTo(parts, rpc('registerDevice', deviceParams('d')))
  expect(second.result).not.toEqual(first.result)
  const record = JSON.parse(parts.index.get('alpha', 'd')?.record() ?? '')
  expect(record).not.toHaveProperty('extra')
  expect(record.status.battery).toBe(80)
  expect(parts.index.size).toBe(1)
})

test('an answer to requestRegistration that names another device is not believed', () => {
  const parts = registryParts()
  const answer = JSON.stringify({ jsonrpc: '2.0', id: 1, result: deviceParams('mallory') })
  expect(parts.registrations.admitAnswer('alpha', 'd', answer)).toBe(false)
  expect(parts.index.size).toBe(0)
})

test('whatever is sent is answered with JSON-RPC and never throws', () => {
  const parts = registryParts()
  const params = fc.oneof(
    fc.jsonValue(),
    fc.record({
      device_id: fc.oneof(fc.string(), fc.jsonValue()),
      device_ttl: fc.oneof(fc.integer(), fc.jsonValue()),
      capabilities: fc.jsonValue(),
      identity: fc.dictionary(fc.string(), fc.jsonValue()),
      status: fc.dictionary(fc.string(), fc.jsonValue()),
    }),
  )
  const message = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.jsonValue().map((value) => bytes(value)),
    fc.tuple(params, fc.jsonValue()).map(([value, id]) => rpc('registerDevice', value, id)),
  )
  fc.assert(
    fc.property(message, (data) => {
      const reply = answerTo(parts, data)
      expect(reply.jsonrpc).toBe('2.0')
      expect('result' in reply || [-32601, -32602].includes(reply.error.code)).toBe(true)
      parts.registrations.admitAnswer('alpha', 'd', Buffer.from(data).toString())
    }),
    { numRuns: 500 },
  )
})

test('a value nested without end is refused, not a crash', () => {
  const deep = `{"method":"registerDevice","params":${'['.repeat(200_000)}${']'.repeat(200_000)}}`
  expect(answerTo(registryParts(), bytes(deep))).toMatchObject({ error: { code: -32602 } })
  const params = JSON.stringify(deviceParams('d')).slice(0, -1)
  const nested = `{"method":"registerDevice","params":${params},"x":${'['.repeat(200_000)}${']'.repeat(200_000)}}}`
  const reply = answerTo(registryParts(), bytes(nested))
  expect('result' in reply || 'error' in reply).toBe(true)
})
