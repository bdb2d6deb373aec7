import type { NetworkInterfaceInfo } from 'node:os'
import { expect, test } from 'vitest'
import {
  bindAddressOf,
  listNetworkAddresses,
  requireAddress,
  urlHost,
} from './network-addresses.ts'

function info(address: string, family: 'IPv4' | 'IPv6', internal = false): NetworkInterfaceInfo {
  const common = { address, netmask: '', mac: '', internal, cidr: null }
  return family === 'IPv4' ? { ...common, family } : { ...common, family, scopeid: 0 }
}

const interfaces = () => ({
  lo: [info('127.0.0.1', 'IPv4', true), info('::1', 'IPv6', true)],
  wlan0: [info('fe80::1', 'IPv6'), info('2001:db8::5', 'IPv6'), info('192.168.1.20', 'IPv4')],
  eth0: [info('10.0.0.7', 'IPv4')],
  gone: undefined,
})

test('lists what devices could use, IPv4 first', () => {
  expect(listNetworkAddresses(interfaces)).toEqual([
    { address: '192.168.1.20', family: 'IPv4', interfaceName: 'wlan0' },
    { address: '10.0.0.7', family: 'IPv4', interfaceName: 'eth0' },
    { address: '2001:db8::5', family: 'IPv6', interfaceName: 'wlan0' },
  ])
})

test('binds to the very address and to nothing wider', async () => {
  const at = (address: string) =>
    bindAddressOf({ kind: 'network', address, tls: false }, interfaces)
  expect(await bindAddressOf({ kind: 'loopback' }, interfaces)).toBe('127.0.0.1')
  expect(await at('10.0.0.7')).toBe('10.0.0.7')
  expect(await at('10.0.0.8')).toBeUndefined()
  expect(await at('localhost')).toMatch(/^(?:127\.0\.0\.1|::1)$/u)
})

test.each(['10.0.0.7', '2001:db8::5', 'mesh.example', 'site-7', '::1', 'localhost'])(
  'lets %s stand in credentials',
  (address) => expect(() => requireAddress(address)).not.toThrow(),
)

test.each(['0.0.0.0', '::', '0:0:0:0:0:0:0:0', '10.0.0', '1', 'a b', 'a/b', 'nats://x', '-x', ''])(
  'does not let “%s” stand in credentials',
  (address) =>
    expect(() => requireAddress(address)).toThrow(
      expect.objectContaining({ code: 'ADDRESS_INVALID' }),
    ),
)

test('writes IPv6 addresses into URLs as URLs want them', () => {
  expect(urlHost('2001:db8::5')).toBe('[2001:db8::5]')
  expect(urlHost('10.0.0.7')).toBe('10.0.0.7')
})
