import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DiscoveryService } from '../../../src/main/discovery/discovery-service.ts'
import { openMdnsResponder, type MdnsResponder } from '../../../src/simulator/mdns-responder.ts'
import { uniqueService } from './responder.ts'
import { devicesWhen, discoveryOf, idsOf } from './watching.ts'

describe('simulated devices', () => {
  let responder: MdnsResponder
  let discovery: DiscoveryService
  let service: string

  beforeEach(async () => {
    service = uniqueService()
    responder = await openMdnsResponder()
    discovery = discoveryOf(service)
  })

  afterEach(async () => {
    await discovery.close()
    await responder.close()
  })

  function advertise(deviceId: string, port: number): () => Promise<void> {
    const txt = { device_id: deviceId, device_type: 'pump', state: 'uncommissioned' }
    return responder.advertise({
      instance: deviceId,
      type: service,
      port,
      address: '127.0.0.1',
      txt,
    })
  }

  test('are found, a hundred of them within 3 s, and go with their goodbye', async () => {
    const withdrawals = Array.from({ length: 100 }, (_, i) => advertise(`sim-${i}`, 7000 + i))
    discovery.start()
    const devices = await devicesWhen(discovery, 'a hundred', (all) => all.length === 100, 3000)
    expect(devices.every(({ reachable, conflict }) => reachable && !conflict)).toBe(true)
    expect(devices.find(({ deviceId }) => deviceId === 'sim-42')).toMatchObject({
      port: 7042,
      addresses: ['127.0.0.1'],
      state: 'uncommissioned',
    })
    await Promise.all(withdrawals.slice(1).map((withdraw) => withdraw()))
    const left = await devicesWhen(discovery, 'one left', (all) => all.length === 1, 4000)
    expect(idsOf(left)).toEqual(['sim-0'])
  })

  test('that start while it listens appear at once', async () => {
    discovery.start()
    advertise('early', 7000)
    await devicesWhen(discovery, 'the first', (all) => idsOf(all).includes('early'), 3000)
    advertise('late', 7001)
    await devicesWhen(discovery, 'the second', (all) => idsOf(all).includes('late'), 1500)
  })
})
