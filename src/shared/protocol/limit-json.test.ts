import { expect, test } from 'vitest'
import { limitJson, limitJsonObject } from './limit-json.ts'

const LIMITS = { maxDepth: 3, maxValues: 100 }

test('keeps what is within the limits as it is', () => {
  const value = { a: [1, 'two', null, true], b: { c: { d: 'e' } } }
  expect(limitJson(value, LIMITS)).toEqual(value)
})

test('cuts what lies too deep, also where it nests a hundred thousand times', () => {
  expect(limitJson([[[['deep']]]], LIMITS)).toEqual([[['…']]])
  const deep: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000))
  expect(limitJson(deep, LIMITS)).toEqual([[['…']]])
})

test('leaves out what is too much', () => {
  const many = Array.from({ length: 1000 }, (_, index) => index)
  expect(limitJson(many, LIMITS)).toHaveLength(99)
  expect(Object.keys(limitJsonObject(Object.fromEntries(many.entries()), LIMITS))).toHaveLength(99)
})

test('numbers beyond measure become null, and a key can not set a prototype', () => {
  const value: unknown = JSON.parse('{"big": 1e999, "__proto__": {"admin": true}, "ok": 1}')
  const limited = limitJsonObject(value, LIMITS)
  expect(limited).toEqual({ big: null, ok: 1 })
  expect(limited['admin']).toBeUndefined()
})

test('runs every text through the given change', () => {
  expect(limitJson({ a: ['x'] }, { ...LIMITS, text: (text) => text.toUpperCase() })).toEqual({
    a: ['X'],
  })
})

test('an object is asked for and something else comes', () => {
  expect(limitJsonObject([1], LIMITS)).toEqual({})
  expect(limitJsonObject('text', LIMITS)).toEqual({})
})
