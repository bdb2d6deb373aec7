import type { RJSFSchema } from '@rjsf/utils'
import { expect, test } from 'vitest'
import { FormValidator } from './form-validator.ts'

const validator = new FormValidator()

const SCHEMA: RJSFSchema = {
  type: 'object',
  required: ['mode', 'flow'],
  properties: {
    mode: { type: 'string', enum: ['normal', 'drip'] },
    flow: { type: 'number', minimum: 0.5, maximum: 40 },
    'odd.name/1': { type: 'integer' },
    zones: { type: 'array', items: { type: 'string', minLength: 2 }, maxItems: 2 },
  },
}

function complaints(data: unknown, schema = SCHEMA): Record<string, string> {
  const { errors } = validator.validateFormData(data, schema)
  return Object.fromEntries(errors.map(({ property, message }) => [property ?? '', message ?? '']))
}

test('data that fits has no complaints', () => {
  expect(complaints({ mode: 'drip', flow: 12.5, zones: ['a1'] })).toEqual({})
})

test('what is missing is told at its own field', () => {
  const { errorSchema } = validator.validateFormData({}, SCHEMA)
  expect(errorSchema).toMatchObject({
    mode: { __errors: ['Required.'] },
    flow: { __errors: ['Required.'] },
  })
})

test('a field that was emptied counts as missing', () => {
  const { errorSchema } = validator.validateFormData({ mode: undefined, flow: 1 }, SCHEMA)
  expect(errorSchema).toEqual({ mode: { __errors: ['Required.'] } })
})

test('complaints are in plain words', () => {
  const { errorSchema } = validator.validateFormData(
    { mode: 'x', flow: 41.5, 'odd.name/1': 'y', zones: ['a', 'b1', 'c1'] },
    SCHEMA,
  )
  expect(errorSchema).toMatchObject({
    mode: { __errors: ['Choose one of the values.'] },
    flow: { __errors: ['Must be at most 40.'] },
    'odd.name/1': { __errors: ['Must be of type integer.'] },
    zones: { __errors: ['Too many (3 > 2).'], 0: { __errors: ['Too short (1 < 2).'] } },
  })
})

test('a part of a schema may refer to what the whole defines', () => {
  const root: RJSFSchema = { $defs: { small: { type: 'integer', maximum: 3 } } }
  expect(validator.isValid({ $ref: '#/$defs/small' }, 2, root)).toBe(true)
  expect(validator.isValid({ $ref: '#/$defs/small' }, 4, root)).toBe(false)
})

test('null is a value, not a missing one', () => {
  expect(validator.isValid({ type: 'null' }, null, {})).toBe(true)
  expect(validator.isValid({ type: 'object' }, null, {})).toBe(false)
})

test.each<[string, RJSFSchema]>([
  ['a reference to nowhere', { $ref: '#/nowhere' }],
  ['a type that does not exist', { type: 'colour' as 'string' }],
])('a schema with %s keeps nobody from calling', (_what, schema) => {
  expect(() => validator.validateFormData({ a: 1 }, schema)).not.toThrow()
})
