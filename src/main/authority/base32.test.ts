import { assert, property, uint8Array } from 'fast-check'
import { expect, test } from 'vitest'
import { decodeBase32, encodeBase32 } from './base32.ts'

test('encodes the examples of RFC 4648 without padding', () => {
  const examples = ['', 'MY', 'MZXQ', 'MZXW6', 'MZXW6YQ', 'MZXW6YTB', 'MZXW6YTBOI']
  expect(examples.map((_, length) => encodeBase32(Buffer.from('foobar'.slice(0, length))))).toEqual(
    examples,
  )
})

test('decodes what it encoded', () => {
  assert(
    property(uint8Array({ maxLength: 100 }), (bytes) => {
      expect(decodeBase32(encodeBase32(bytes))).toEqual(Buffer.from(bytes))
    }),
  )
})

test.each(['M', 'MZ', 'my', 'MZXW6===', 'M1', 'MÄ', 'MZXW6A'])('refuses %j', (text) => {
  expect(decodeBase32(text)).toBeUndefined()
})
