import { describe, expect, test } from 'vitest'
import { DiscoveredDevice } from '#shared/contract/discovery.ts'
import { DeviceList, type TypedDevice } from './device-list.ts'
import type { Sighting } from './sightings.ts'

const SERVICE = '_device-connect._tcp.local'

function seen(change: Partial<Sighting> = {}): Sighting {
  const deviceId = change.deviceId ?? 'pump'
  return {
    interfaceName: 'eth0',
    instance: `${deviceId}.${SERVICE}`,
    deviceId,
    deviceType: 'pump',
    state: 'uncommissioned',
    host: `${deviceId}.local`,
    port: 5540,
    addresses: ['192.0.2.7'],
    firstSeenAt: 1000,
    lastSeenAt: 2000,
    ...change,
  }
}

function typed(change: Partial<TypedDevice> = {}): TypedDevice {
  return {
    key: 'address:192.0.2.7:5540',
    host: '192.0.2.7',
    port: 5540,
    deviceId: 'pump',
    deviceType: 'pump',
    state: 'uncommissioned',
    reachable: true,
    firstSeenAt: 1000,
    lastSeenAt: 2000,
    ...change,
  }
}

function keysOf(devices: readonly DiscoveredDevice[]): string[] {
  return devices.map((device) => device.key)
}

describe('the list of devices', () => {
  test('satisfies the contract', () => {
    const devices = new DeviceList().build([seen()], [typed({ deviceId: 'valve' })])
    for (const device of devices) DiscoveredDevice.parse(device)
    expect(devices[0]).toEqual({
      key: 'mdns:pump',
      deviceId: 'pump',
      deviceType: 'pump',
      state: 'uncommissioned',
      host: 'pump.local',
      port: 5540,
      addresses: ['192.0.2.7'],
      interfaces: ['eth0'],
      source: 'mdns',
      reachable: true,
      conflict: false,
      firstSeenAt: '1970-01-01T00:00:01.000Z',
      lastSeenAt: '1970-01-01T00:00:02.000Z',
    })
  })

  test('holds a device on several interfaces once, with all addresses, IPv4 first', () => {
    const [device, ...more] = new DeviceList().build(
      [
        seen({ addresses: ['192.0.2.7', 'fe80::7%eth0'], firstSeenAt: 500 }),
        seen({ interfaceName: 'wlan0', addresses: ['198.51.100.7', 'fd00::7'], lastSeenAt: 9000 }),
      ],
      [],
    )
    expect(more).toEqual([])
    expect(device).toMatchObject({
      addresses: ['192.0.2.7', '198.51.100.7', 'fd00::7', 'fe80::7%eth0'],
      interfaces: ['eth0', 'wlan0'],
      conflict: false,
      firstSeenAt: '1970-01-01T00:00:00.500Z',
      lastSeenAt: '1970-01-01T00:00:09.000Z',
    })
  })

  test('shows two hosts that claim one device id as two entries in conflict', () => {
    const devices = new DeviceList().build(
      [seen(), seen({ instance: `pump (2).${SERVICE}`, host: 'fake.local' })],
      [],
    )
    expect(devices.map(({ key, host, conflict }) => ({ key, host, conflict }))).toEqual([
      { key: 'mdns:pump', host: 'pump.local', conflict: true },
      { key: 'mdns:pump@fake.local:5540', host: 'fake.local', conflict: true },
    ])
  })

  test('keeps the key of a device when an impostor comes first in a later round, or goes', () => {
    const list = new DeviceList()
    const fake = seen({ interfaceName: 'a', instance: `a.${SERVICE}`, host: 'a.local' })
    expect(keysOf(list.build([seen()], []))).toEqual(['mdns:pump'])
    const both = list.build([fake, seen()], [])
    expect(both.find((device) => device.host === 'pump.local')?.key).toBe('mdns:pump')
    expect(keysOf(list.build([fake], []))).toEqual(['mdns:pump@a.local:5540'])
  })

  test('keeps the key of a device that changes its host or port', () => {
    const list = new DeviceList()
    list.build([seen()], [])
    expect(keysOf(list.build([seen({ host: 'pump-2.local', port: 5541 })], []))).toEqual([
      'mdns:pump',
    ])
  })

  test('shows a device whose address is not known yet as not reachable', () => {
    const [device] = new DeviceList().build([seen({ host: null, addresses: [] })], [])
    expect(device).toMatchObject({ host: null, addresses: [], reachable: false })
  })

  test('joins a sighting without a host to the same instance seen elsewhere', () => {
    const devices = new DeviceList().build(
      [seen({ interfaceName: 'wlan0', host: null, addresses: [] }), seen()],
      [],
    )
    expect(devices).toHaveLength(1)
    expect(devices[0]?.interfaces).toEqual(['eth0', 'wlan0'])
  })

  test('is ordered by device id', () => {
    const devices = new DeviceList().build([seen({ deviceId: 'b' }), seen({ deviceId: 'a' })], [])
    expect(devices.map((device) => device.deviceId)).toEqual(['a', 'b'])
  })
})

describe('a device added by address', () => {
  test('is not shown twice while mDNS shows it at that address', () => {
    const list = new DeviceList()
    expect(keysOf(list.build([seen()], [typed()]))).toEqual(['mdns:pump'])
    expect(keysOf(list.build([seen()], [typed({ host: 'Pump.local' })]))).toEqual(['mdns:pump'])
    expect(keysOf(list.build([], [typed()]))).toEqual(['address:192.0.2.7:5540'])
  })

  test('is in conflict with another host that claims its id', () => {
    const devices = new DeviceList().build([seen()], [typed({ host: '192.0.2.66' })])
    expect(devices.map((device) => device.conflict)).toEqual([true, true])
  })

  test('by name is not taken for another host', () => {
    const devices = new DeviceList().build([seen()], [typed({ host: 'pump.example' })])
    expect(devices.map((device) => device.conflict)).toEqual([false, false])
  })
})
