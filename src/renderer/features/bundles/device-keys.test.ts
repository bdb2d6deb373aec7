import { expect, test } from 'vitest'
import { readDeviceKeys } from './device-keys.ts'

const KEY = `U${'ABCDE'.repeat(11)}`
const OTHER = `U${'FGHIJ'.repeat(11)}`

test('reads devices and keys in either order, and leaves comments out', () => {
  const text = `# north field\npump-1 ${KEY}\n\n${OTHER};pump-2\r\n`
  expect(readDeviceKeys(text)).toEqual({
    keys: [
      { device: 'pump-1', publicKey: KEY },
      { device: 'pump-2', publicKey: OTHER },
    ],
    problem: null,
  })
})

test.each([
  [`pump-1 ${KEY.slice(1)}`, /Line 1 is not a device/u],
  [`pump-1 ${KEY}\n${KEY}`, /Line 2 is not/u],
  [`pump-1 ${KEY} more`, /Line 1/u],
])('says which line it can not read: %s', (text, problem) => {
  expect(readDeviceKeys(text).problem).toMatch(problem)
})

test('never takes a private key', () => {
  const read = readDeviceKeys(`pump-1 S${'ABCDEFG'.repeat(8)}A`)
  expect(read.keys).toEqual([])
  expect(read.problem).toMatch(/private key/u)
})
