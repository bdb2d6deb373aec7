import { expect, test } from 'vitest'
import { factName, factText, otherFacts } from './fact-text.ts'

test.each([
  ['arm64', 'arm64'],
  [7, '7'],
  [false, 'false'],
  [['a', 'b'], 'a, b'],
  [{ x: 1 }, '{"x":1}'],
  [null, null],
  ['', null],
])('%j is shown as text', (value, text) => {
  expect(factText(value)).toBe(text)
})

test('lists what is not shown elsewhere', () => {
  const facts = { serial_number: 'S1', model: 'M', empty: '' }
  expect(otherFacts(facts, new Set(['model']))).toEqual([['serial_number', 'S1']])
  expect(factName('serial_number')).toBe('Serial number')
})
