import { expect, test } from 'vitest'
import { DEFAULT_DEADLINE_MS, deadlineOf } from './deadlines.ts'

test('a call to a device has as long as the device, and a margin', () => {
  expect(deadlineOf(['rpc', 'call'], { timeoutMs: 60_000 })).toBe(65_000)
})

test('starting servers may take longer than other calls', () => {
  expect(deadlineOf(['mesh', 'createLocal'], {})).toBe(60_000)
  expect(deadlineOf(['settings', 'get'], undefined)).toBe(DEFAULT_DEADLINE_MS)
})
