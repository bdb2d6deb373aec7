import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { byCodePoint } from './code-point-order.ts'

test('texts stand in the order of their UTF-8 bytes', () => {
  const text = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(text, text, (a, b) => {
      const expected = Buffer.compare(Buffer.from(a), Buffer.from(b))
      expect(Math.sign(byCodePoint(a, b))).toBe(expected)
    }),
    { numRuns: 200 },
  )
})
