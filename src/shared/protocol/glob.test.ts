import { expect, test } from 'vitest'
import { globMatcher } from './glob.ts'

test.each([
  ['camera-*', 'camera-001', true],
  ['camera-*', 'a-camera-1', false],
  ['robot-?', 'robot-1', true],
  ['robot-?', 'robot-12', false],
  ['[abc]x', 'bx', true],
  ['[!abc]x', 'bx', false],
  ['[]x]', ']', true],
  ['[a', '[a', true],
  ['a.b', 'axb', false],
  ['[z-a]', 'z', false],
  ['*', '', true],
  ['Robot', 'robot', false],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'a-b-b', false],
  ['**', 'x', true],
  ['[a-c-e]', '-', true],
  ['[a-c-e]', 'd', false],
  ['[!z-a]', 'q', true],
  ['?', '😀', true],
  ['[!]', '[!]', true],
  ['', '', true],
])('the pattern %s against %s: %s', (pattern, text, matches) => {
  expect(globMatcher(pattern)(text)).toBe(matches)
})

test('a pattern of many stars is no burden', () => {
  const text = 'a'.repeat(256)
  expect(globMatcher(`${'*a'.repeat(60)}*b`)(text)).toBe(false)
})
