import { expect, test } from 'vitest'
import { mergeStatus } from './status-merge.ts'

test('fields of a heartbeat are merged, those it does not name stay', () => {
  expect(mergeStatus('{"ts":"T","battery":80}', { battery: 79, mode: 'eco' })).toEqual({
    ts: 'T',
    battery: 79,
    mode: 'eco',
  })
})

test('device_id and ts of a heartbeat are not part of the status', () => {
  expect(mergeStatus('{"ts":"T"}', { device_id: 'd', ts: 5 })).toBeUndefined()
})

test('equal values, nested ones too, change nothing', () => {
  const status = '{"a":{"b":[1,2]},"c":null}'
  expect(mergeStatus(status, { a: { b: [1, 2] }, c: null })).toBeUndefined()
  expect(mergeStatus(status, { a: { b: [2, 1] } })).toBeDefined()
})

test('a field called __proto__ is data like any other', () => {
  const beat = JSON.parse('{"__proto__":{"polluted":true}}') as Record<string, unknown>
  const merged = mergeStatus('{}', beat)
  expect(JSON.stringify(merged)).toBe('{"__proto__":{"polluted":true}}')
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})
