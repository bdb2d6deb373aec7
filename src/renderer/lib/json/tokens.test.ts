import { expect, test } from 'vitest'
import { jsonTokens, prettyJsonText } from './tokens.ts'

test('pieces joined are the text again, and have their kinds', () => {
  const json = '{"a\\"b": [1, -2.5e3, true, null, "x: 1"]}'
  const tokens = jsonTokens(json)
  expect(tokens.map(({ text }) => text).join('')).toBe(json)
  const kinds = tokens.filter(({ kind }) => kind !== 'other').map(({ kind, text }) => [kind, text])
  expect(kinds).toEqual([
    ['key', '"a\\"b"'],
    ['number', '1'],
    ['number', '-2.5e3'],
    ['word', 'true'],
    ['word', 'null'],
    ['text', '"x: 1"'],
  ])
})

test('text that is no JSON comes back unchanged', () => {
  const text = '<script>alert("1")</script> {'
  expect(
    jsonTokens(text)
      .map((token) => token.text)
      .join(''),
  ).toBe(text)
  expect(prettyJsonText(text)).toBe(text)
})
