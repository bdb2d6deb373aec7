import type { NetworkInterfaceInfo } from 'node:os'
import { describe, expect, test } from 'vitest'
import { planLinks, type InterfaceChoice } from './network-links.ts'

function v4(address: string, bits: number, internal = false): NetworkInterfaceInfo {
  const cidr = `${address}/${bits}`
  return { address, netmask: '', family: 'IPv4', mac: '', internal, cidr }
}

function v6(address: string, scopeid: number, internal = false): NetworkInterfaceInfo {
  const cidr = `${address}/64`
  return { address, netmask: '', family: 'IPv6', mac: '', internal, cidr, scopeid }
}

const INTERFACES = {
  lo: [v4('127.0.0.1', 8, true), v6('::1', 0, true)],
  eth0: [v4('192.0.2.9', 24), v4('10.0.0.9', 8), v6('fd00::9', 0), v6('fe80::9', 4)],
  tun0: [v6('2001:db8::9', 0)],
}

function plan(choice: InterfaceChoice, platform: NodeJS.Platform = 'linux') {
  return planLinks(INTERFACES, choice, platform).map(
    ({ interfaceName, address, zone }) => `${interfaceName} ${address} ${zone}`,
  )
}

describe('the links to open', () => {
  test('are each interface and family that leads out, IPv6 by its link-local address', () => {
    expect(plan('all')).toEqual(['eth0 192.0.2.9 eth0', 'eth0 fe80::9 eth0'])
  })

  test('are loopback when asked for by address, in that family alone', () => {
    expect(plan(['127.0.0.1'])).toEqual(['lo 127.0.0.1 lo'])
    expect(plan(['::1'])).toEqual(['lo ::1 lo'])
  })

  test('are those of an interface that is named', () => {
    expect(plan(['eth0'])).toEqual(['eth0 192.0.2.9 eth0', 'eth0 fe80::9 eth0'])
    expect(plan(['lo'])).toEqual(['lo 127.0.0.1 lo'])
    expect(plan(['wlan0'])).toEqual([])
  })

  test('have numbers for zones on Windows', () => {
    expect(plan('all', 'win32')).toEqual(['eth0 192.0.2.9 4', 'eth0 fe80::9 4'])
  })

  test('carry the subnets of both families', () => {
    expect(planLinks(INTERFACES, 'all', 'linux')[0]?.subnets).toEqual([
      '192.0.2.9/24',
      '10.0.0.9/8',
      'fd00::9/64',
      'fe80::9/64',
    ])
  })

  test('are no peer-to-peer radios or tunnels on macOS, unless they are named', () => {
    const interfaces = { awdl0: [v6('fe80::1', 7)], en0: [v6('fe80::2', 8)] }
    const names = (choice: InterfaceChoice) =>
      planLinks(interfaces, choice, 'darwin').map((link) => link.interfaceName)
    expect(names('all')).toEqual(['en0'])
    expect(names(['awdl0'])).toEqual(['awdl0'])
  })
})
