import { afterEach, describe, expect, test } from 'vitest'
import type { DiscoveryUpdate } from '#shared/contract/discovery.ts'
import { TransientError } from '#shared/errors.ts'
import { silentLogger } from '../log/logger.ts'
import { ManualClock } from '../../../tests/support/manual-clock.ts'
import { DiscoveryService } from './discovery-service.ts'
import type { ProbeDevice } from './typed-addresses.ts'
import { NEVER } from '#shared/never.ts'

const PUMP = { deviceId: 'pump', deviceType: 'pump', state: 'uncommissioned' }

let discovery: DiscoveryService

/** A service on a machine without any interface. */
function open(probe: ProbeDevice): ManualClock {
  const clock = new ManualClock()
  discovery = new DiscoveryService({
    dialect: { mdnsService: '_device-connect._tcp.local' },
    interfaces: 'all',
    log: silentLogger(),
    probe,
    clock,
    networkInterfaces: () => ({}),
  })
  discovery.start()
  return clock
}

afterEach(() => discovery.close())

describe('discovery without any interface', () => {
  test('says so and takes devices by address', async () => {
    const clock = open(() => Promise.resolve(PUMP))
    const updates: DiscoveryUpdate[] = []
    discovery.subscribe((update) => updates.push(update))
    const device = await discovery.addAddress('192.0.2.7:5541', NEVER)
    clock.advance(50)
    expect(device).toMatchObject({
      key: 'address:192.0.2.7:5541',
      source: 'address',
      host: '192.0.2.7',
      port: 5541,
      addresses: ['192.0.2.7'],
      reachable: true,
    })
    expect(discovery.device(device.key)).toEqual(device)
    expect(updates).toEqual([
      { type: 'snapshot', devices: [], health: { interfaces: [] } },
      { type: 'changed', upserted: [device], removedKeys: [], health: { interfaces: [] } },
    ])
    discovery.removeAddress(device.key)
    clock.advance(50)
    expect(updates.at(-1)).toMatchObject({ upserted: [], removedKeys: [device.key] })
    expect(discovery.devices()).toEqual([])
  })

  test('tells why nothing was added', async () => {
    open(() =>
      Promise.reject(new TransientError({ code: 'DEVICE_UNREACHABLE', message: '', advice: '' })),
    )
    await expect(discovery.addAddress('192.0.2.7', NEVER)).rejects.toMatchObject({
      code: 'DEVICE_UNREACHABLE',
    })
    await expect(discovery.addAddress('not an address', NEVER)).rejects.toMatchObject({
      code: 'ADDRESS_MALFORMED',
    })
    expect(discovery.devices()).toEqual([])
  })

  test('ends with nothing left, twice if need be', async () => {
    const clock = open(() => Promise.resolve(PUMP))
    await discovery.addAddress('192.0.2.7', NEVER)
    await discovery.close()
    await discovery.close()
    expect(clock.waiting).toBe(0)
    expect(discovery.devices()).toEqual([])
  })
})
