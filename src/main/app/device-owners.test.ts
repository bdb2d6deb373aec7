import { expect, test } from 'vitest'
import type { OwnedDevice } from '../registry/identity-guard.ts'
import { DeviceOwners, type NamedDevice } from './device-owners.ts'

function ledger() {
  const rows: NamedDevice[] = []
  const listeners = new Set<() => void>()
  const told: { devices: readonly OwnedDevice[]; replace: boolean }[] = []
  const owners = new DeviceOwners(
    {
      deviceNamesAfter: (row) => ({ devices: rows.slice(row), lastRow: rows.length }),
      subscribe: (listener) => {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
    },
    (devices, replace) => void told.push({ devices, replace }),
  )
  const issue = (deviceId: string, name = deviceId) => {
    rows.push({ tenant: 't', deviceId, name })
    for (const listener of listeners) listener()
  }
  return { rows, told, owners, issue, listeners }
}

test('nobody is told before a registry serves, then all, then what is new', () => {
  const { told, owners, issue } = ledger()
  issue('a')
  expect(told).toEqual([])
  owners.begin()
  expect(told).toEqual([{ devices: [{ tenant: 't', deviceId: 'a', names: ['a'] }], replace: true }])
  issue('b', 'Pump in the hall')
  expect(told.at(-1)).toEqual({
    devices: [{ tenant: 't', deviceId: 'b', names: ['Pump in the hall'] }],
    replace: false,
  })
})

test('a registry that begins with an empty ledger is told so', () => {
  const { told, owners } = ledger()
  owners.begin()
  expect(told).toEqual([{ devices: [], replace: true }])
})

test('many devices are told in parts, each with all its names', () => {
  const { rows, told, owners } = ledger()
  for (let number = 0; number < 5000; number += 1) {
    rows.push({ tenant: 't', deviceId: `d${number}`, name: `d${number}` })
  }
  rows.push({ tenant: 't', deviceId: 'd0', name: 'other' })
  owners.begin()
  expect(told.map(({ devices, replace }) => [devices.length, replace])).toEqual([
    [2000, true],
    [2000, false],
    [1000, false],
  ])
  expect(told[0]?.devices[0]?.names).toEqual(['d0', 'other'])
})

test('closed, it listens no more', () => {
  const { owners, listeners } = ledger()
  owners.close()
  expect(listeners.size).toBe(0)
})
