import { expect, test } from 'vitest'
import { sanitizeSchema, takesNothing } from './sanitize-schema.ts'

test('an ordinary schema stays as it is', () => {
  const schema = {
    type: 'object',
    required: ['mode'],
    properties: {
      mode: { type: 'string', enum: ['a', 'b'], default: 'a' },
      zones: { type: 'array', items: { $ref: '#/$defs/zone' } },
    },
    $defs: { zone: { type: 'string', pattern: '^[a-z]+$' } },
  }
  expect(sanitizeSchema(schema)).toEqual(schema)
})

test('what reaches out of the schema or could hang the window is left out', () => {
  const clean = sanitizeSchema({
    $id: 'https://example.org/schema',
    properties: {
      a: { $ref: 'https://example.org/other' },
      b: { type: 'string', pattern: '(a+)+$' },
      // A property may well be called like a keyword.
      pattern: { type: 'string' },
      id: { type: 'integer' },
    },
    patternProperties: { '(a+)+$': {} },
  })
  expect(clean).toEqual({
    properties: {
      a: {},
      b: { type: 'string' },
      pattern: { type: 'string' },
      id: { type: 'integer' },
    },
  })
})

test('no prototype is set by a schema', () => {
  const clean = sanitizeSchema(JSON.parse('{"properties":{"__proto__":{"type":"string"}}}'))
  expect(clean).toEqual({ properties: {} })
  expect(Object.getPrototypeOf(clean?.['properties'])).toBe(Object.prototype)
})

test('endless texts and choices are cut', () => {
  const clean = sanitizeSchema({
    title: 'x'.repeat(5_000),
    enum: Array.from({ length: 900 }, String),
  })
  expect(clean?.['title']).toBe('x'.repeat(2_000))
  expect(clean?.['enum']).toHaveLength(500)
})

test('too deep or too large a schema gets no form', () => {
  let deep: object = { type: 'string' }
  for (let level = 0; level < 50; level += 1) deep = { type: 'array', items: deep }
  expect(sanitizeSchema(deep)).toBeNull()
  const wide = Object.fromEntries(Array.from({ length: 4_000 }, (_, index) => [`p${index}`, {}]))
  expect(sanitizeSchema({ properties: wide })).toBeNull()
})

test.each([[null], ['text'], [[]], [7]])('%j is no schema', (value) => {
  expect(sanitizeSchema(value)).toBeNull()
})

test('knows when there is nothing to ask for', () => {
  expect(takesNothing({ type: 'object', properties: {} })).toBe(true)
  expect(takesNothing({})).toBe(true)
  expect(takesNothing({ properties: { a: {} } })).toBe(false)
  expect(takesNothing({ anyOf: [{}] })).toBe(false)
  expect(takesNothing({ additionalProperties: { type: 'number' } })).toBe(false)
})
