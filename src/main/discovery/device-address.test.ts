import { expect, test } from 'vitest'
import { RejectedError } from '#shared/errors.ts'
import { formatDeviceAddress, parseDeviceAddress } from './device-address.ts'

test.each([
  ['192.0.2.7', '192.0.2.7', 5540],
  [' 192.0.2.7:8080 ', '192.0.2.7', 8080],
  ['Pump.local', 'pump.local', 5540],
  ['pump:5541', 'pump', 5541],
  ['fe80::7%eth0', 'fe80::7%eth0', 5540],
  ['[FE80::7%eth0]:5541', 'fe80::7%eth0', 5541],
  ['[::1]', '::1', 5540],
  ['http://192.0.2.7:5540/info', '192.0.2.7', 5540],
  ['http://pump.local', 'pump.local', 80],
  ['HTTP://[::1]:5540/', '::1', 5540],
])('reads %s', (typed, host, port) => {
  expect(parseDeviceAddress(typed)).toEqual({ host, port })
})

test.each([
  '',
  ' ',
  'a b',
  '192.0.2',
  '192.0.2.256',
  '1',
  'pump:0',
  'pump:65536',
  'pump:',
  ':5540',
  '[pump]:5540',
  'https://pump.local',
  'file:///etc/passwd',
  'http://user:secret@pump.local/',
  'http://',
  'pump/info',
  '-pump',
  'x'.repeat(64),
])('refuses %j', (typed) => {
  expect(() => parseDeviceAddress(typed)).toThrow(RejectedError)
})

test('writes IPv6 in brackets', () => {
  expect(formatDeviceAddress({ host: 'fe80::7%eth0', port: 1 })).toBe('[fe80::7%eth0]:1')
  expect(formatDeviceAddress({ host: '192.0.2.7', port: 5540 })).toBe('192.0.2.7:5540')
})
