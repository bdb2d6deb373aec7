import { expect, test } from 'vitest'
import { visibilityOf } from './access-lists.ts'

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
