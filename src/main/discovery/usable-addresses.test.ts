import { expect, test } from 'vitest'
import { addressPicker, blockListOf } from './usable-addresses.ts'

const LAN = addressPicker({
  internal: false,
  zone: 'eth0',
  onLink: blockListOf(['192.0.2.9/24', 'fd00::9/64', 'fe80::9/64']),
})
const LOOPBACK = addressPicker({
  internal: true,
  zone: 'lo',
  onLink: blockListOf(['127.0.0.1/8', '::1/128']),
})

test('IPv4 comes first, the own subnet before others, link-local IPv6 last with its zone', () => {
  expect(LAN(['fe80::7', 'fd00::7', '2001:db8::7', '198.51.100.7', '192.0.2.7'])).toEqual([
    '192.0.2.7',
    '198.51.100.7',
    'fd00::7',
    '2001:db8::7',
    'fe80::7%eth0',
  ])
})

test('addresses that lead elsewhere than to a device are left out', () => {
  const traps = ['127.0.0.1', '::1', '0.0.0.0', '::', '224.0.0.251', 'ff02::fb', '255.255.255.255']
  const disguised = ['::ffff:127.0.0.1', '::127.0.0.1', '64:ff9b::7f00:1']
  expect(LAN([...traps, ...disguised, 'robot.local', ''])).toEqual([])
})

test('loopback counts on the loopback interface', () => {
  expect(LOOPBACK(['127.0.0.1', '::1', '0.0.0.0'])).toEqual(['127.0.0.1', '::1'])
})
