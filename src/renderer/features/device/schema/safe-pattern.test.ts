import { expect, test } from 'vitest'
import { isSafePattern } from './safe-pattern.ts'

test.each([['^[A-Za-z0-9_-]{1,64}$'], ['^\\d{4}-\\d{4}$'], ['^(north|south)$'], ['[a-z]+@[a-z]+']])(
  'matches ordinary patterns: %s',
  (pattern) => {
    expect(isSafePattern(pattern)).toBe(true)
  },
)

test.each([
  ['(a+)+$'],
  ['(a|a)*b'],
  ['((a)+)+$'],
  ['(?:x+x+)+y'],
  ['(a*){20}'],
  ['(.*)\\1'],
  ['a*a*a*a*a*b'],
  ['('],
  ['a'.repeat(201)],
])('leaves out what may never end or is no pattern: %s', (pattern) => {
  expect(isSafePattern(pattern)).toBe(false)
})
