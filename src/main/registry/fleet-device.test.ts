import { expect, test } from 'vitest'
import { FleetDevice } from '#shared/contract/fleet.ts'
import { deviceParams, registryParts, rpc } from '../../../tests/support/registry-parts.ts'
import { toFleetDevice } from './fleet-device.ts'

function projected(changes: Record<string, unknown>) {
  const parts = registryParts()
  parts.registrations.answer('t', rpc('registerDevice', deviceParams('d', changes)), 'source')
  const device = toFleetDevice(parts.index.get('t', 'd')!)
  expect(FleetDevice.safeParse(device).success).toBe(true)
  return device
}

test('a device shows as the contract says', () => {
  expect(projected({})).toEqual({
    tenant: 't',
    deviceId: 'd',
    deviceType: 'soil-sensor',
    manufacturer: 'Acme',
    model: 'S1',
    firmwareVersion: null,
    location: 'greenhouse',
    availability: null,
    busyScore: null,
    battery: 80,
    errorState: null,
    functionCount: 1,
    eventCount: 1,
    state: 'online',
    since: '2026-01-01T00:00:00.000Z',
    lastSeenAt: '2026-01-01T00:00:00.000Z',
    ttlSeconds: 15,
    registeredAt: '2026-01-01T00:00:00.000Z',
    presence: {
      reason: 'registered',
      beatSeconds: null,
      missedBeats: 0,
      skewMs: null,
      reconnects: 0,
      flappingUntil: null,
    },
  })
})

test('text of a device is capped and loses what would disturb a screen', () => {
  const device = projected({
    identity: {
      device_type: 'a\u0000b\u202Ec\n',
      manufacturer: 'x'.repeat(5000),
      model: '😀'.repeat(150),
    },
    status: { ts: '', location: '<b>\u2028here</b>' },
  })
  expect(device.deviceType).toBe('abc')
  expect(device.manufacturer?.length).toBe(200)
  expect(device.model?.isWellFormed()).toBe(true)
  expect(device.location).toBe('<b>here</b>')
})

test('numbers out of their range are not shown', () => {
  const device = projected({ status: { ts: '', battery: 300, busy_score: -1 } })
  expect(device).toMatchObject({ battery: null, busyScore: null })
})
