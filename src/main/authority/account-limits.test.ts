import { expect, test } from 'vitest'
import { NO_LIMITS } from './account-claims.ts'
import { limitsOf, withLimits } from './account-limits.ts'

const wanted = {
  connections: 5,
  subscriptions: null,
  payloadBytes: 1_024,
  dataBytes: null,
  jetStream: { memoryBytes: 0, diskBytes: null, streams: 3, consumers: null },
}

test('what was set is read back', () => {
  expect(limitsOf(withLimits(NO_LIMITS, wanted))).toEqual(wanted)
  const off = { ...wanted, jetStream: null }
  expect(limitsOf(withLimits(withLimits(NO_LIMITS, wanted), off))).toEqual(off)
})

test('what people do not set stays as it was', () => {
  const before = { ...NO_LIMITS, leaf: 3, imports: 7, max_bytes_required: true }
  expect(withLimits(before, wanted)).toMatchObject({
    leaf: 3,
    imports: 7,
    wildcards: true,
    max_bytes_required: true,
  })
})

test('a limit that another tool left out is zero to the server, and shown so', () => {
  const { conn: _conn, ...rest } = NO_LIMITS
  expect(limitsOf(rest as typeof NO_LIMITS).connections).toBe(0)
})
