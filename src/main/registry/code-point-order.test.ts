import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { byCodePoint } from './code-point-order.ts'

// From each side of the surrogates as often as from above U+FFFF: there the orders differ.
const codePoint = fc.oneof(
  fc.integer({ min: 0, max: 0xd7ff }),
  fc.integer({ min: 0xe000, max: 0xffff }),
  fc.integer({ min: 0x10000, max: 0x10ffff }),
)
const text = fc.array(codePoint, { maxLength: 6 }).map((points) => String.fromCodePoint(...points))

test('texts stand in the order of their UTF-8 bytes', () => {
  fc.assert(
    fc.property(text, text, text, (start, a, b) => {
      const [left, right] = [start + a, start + b]
      const expected = Buffer.compare(Buffer.from(left), Buffer.from(right))
      expect(Math.sign(byCodePoint(left, right))).toBe(expected)
    }),
    { numRuns: 500 },
  )
})
