import { expect, test } from 'vitest'
import { globToRegExp, visibilityOf } from './access-lists.ts'

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
])('the pattern %s against %s: %s', (pattern, text, matches) => {
  expect(globToRegExp(pattern).test(text)).toBe(matches)
})

test('without lists nobody pays for them', () => {
  expect(visibilityOf([])).toBeUndefined()
})

test('refusals win over permissions, and a device without a list is seen by everybody', () => {
  const sees = visibilityOf([
    { tenant: 't', device_id: 'd', visible_to: ['robot-*'], hidden_from: ['robot-7'] },
    { tenant: 't', device_id: 'e', global_deny_list: ['mallory'] },
  ])
  expect(sees?.('robot-1', 't', 'd')).toBe(true)
  expect(sees?.('robot-7', 't', 'd')).toBe(false)
  expect(sees?.('console', 't', 'd')).toBe(false)
  expect(sees?.('anybody', 't', 'e')).toBe(true)
  expect(sees?.('mallory', 't', 'e')).toBe(false)
  expect(sees?.('mallory', 'other', 'e')).toBe(true)
})
