import { expect, test } from 'vitest'
import { caretAfter, isWholePin, pinDigits, showPin } from './pin-text.ts'

test.each([
  ['1234-5678', '12345678'],
  [' 12 34 56 78 ', '12345678'],
  ['PIN: 1234 5678 9', '12345678'],
  ['12a4', '124'],
  ['', ''],
])('takes the digits of %j', (text, digits) => {
  expect(pinDigits(text)).toBe(digits)
})

test('the dash comes with the fifth digit', () => {
  expect(['1234', '12345', '12345678'].map(showPin)).toEqual(['1234', '1234-5', '1234-5678'])
})

test('the caret stays behind the digit that it was behind', () => {
  expect([0, 4, 5, 8].map(caretAfter)).toEqual([0, 4, 6, 9])
})

test('a PIN is whole with eight digits', () => {
  expect(isWholePin('1234567')).toBe(false)
  expect(isWholePin('12345678')).toBe(true)
})
