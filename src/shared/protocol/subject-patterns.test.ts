import { expect, test } from 'vitest'
import { isCovered, overlaps, subjectProblem, wildcardsIn } from './subject-patterns.ts'

test.each(['a', 'a.b', 'a.*.b', '*', '>', 'a.>', '$SYS.REQ', '_INBOX.x', 'ä.ö'])(
  '%s is a subject',
  (subject) => expect(subjectProblem(subject)).toBeUndefined(),
)

test.each([
  '',
  '.',
  'a.',
  '.a',
  'a..b',
  'a b',
  'a\tb',
  'a\n',
  'a.>.b',
  'a*',
  'a.b>',
  'x'.repeat(1_025),
])('%j is none', (subject) => expect(subjectProblem(subject)).toBeDefined())

test.each([
  ['a.b', 'a.b', true],
  ['a.b', 'a.*', true],
  ['a.b.c', 'a.>', true],
  ['a.*', 'a.*', true],
  ['a.*', 'a.b', false],
  ['a.>', 'a.*', false],
  ['a.>', 'a.>', true],
  ['a', 'a.>', false],
  ['a.*.c', '*.*.*', true],
  ['a.b', 'a.b.c', false],
])('%s is covered by %s: %s', (inner, outer, expected) => {
  expect(isCovered(inner, outer)).toBe(expected)
})

test.each([
  ['a.b', 'a.*', true],
  ['a.*', '*.b', true],
  ['a.>', 'a.b.c', true],
  ['p.t.device.*', 'p.t.*.heartbeat', true],
  ['p.t.device.online', 'p.t.*.heartbeat', false],
  ['a.b', 'a.b.c', false],
  ['a', 'a.>', false],
])('%s and %s have a subject in common: %s', (one, other, expected) => {
  expect(overlaps(one, other)).toBe(expected)
  expect(overlaps(other, one)).toBe(expected)
})

test('counts wildcards of one token', () => {
  expect(wildcardsIn('a.*.b.*')).toBe(2)
  expect(wildcardsIn('a.>')).toBe(0)
})
