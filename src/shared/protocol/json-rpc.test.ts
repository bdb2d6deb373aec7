import { expect, test } from 'vitest'
import { parseJsonObject } from './json-rpc.ts'

test('an object is parsed, anything else is undefined', () => {
  expect(parseJsonObject('{"a":[1,null]}')).toEqual({ a: [1, null] })
  for (const text of ['', '{', 'null', '[]', '"{}"', '5', 'NaN', '[NaN]'])
    expect(parseJsonObject(text)).toBeUndefined()
})

test('numbers that are none are read as null, and texts about them stay', () => {
  const text = '{"a": NaN, "b": [-Infinity, Infinity], "NaN": "a \\" NaN \\\\", "c": 1.5}'
  expect(parseJsonObject(text)).toEqual({
    a: null,
    b: [null, null],
    NaN: 'a " NaN \\',
    c: 1.5,
  })
})

test.each(['{"a": NaNa}', '{"a": xNaN}', '{"a": NaN', '{NaN: 1}', '{"a": NaN NaN}'])(
  '%s stays malformed',
  (text) => {
    expect(parseJsonObject(text)).toBeUndefined()
  },
)

test('a text that is built to be slow to read is not', () => {
  const startedAt = performance.now()
  for (const end of ['', '\\', '"'])
    expect(parseJsonObject(`NaN${'\\"'.repeat(500_000)}${end}`)).toBeUndefined()
  expect(performance.now() - startedAt).toBeLessThan(2000)
})
