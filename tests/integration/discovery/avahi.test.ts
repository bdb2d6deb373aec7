import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { DiscoveryService } from '../../../src/main/discovery/discovery-service.ts'
import { openMdnsResponder } from '../../../src/simulator/mdns-responder.ts'
import { Avahi, whyNoAvahi } from './avahi.ts'
import { fastClock } from './fast-clock.ts'
import { Responder, uniqueService } from './responder.ts'
import { devicesWhen, discoveryOf, idsOf } from './watching.ts'

const reason = whyNoAvahi()
if (reason) console.warn(`Discovery was NOT proven against avahi: ${reason}.`)

const TEXT = ['device_id=pump-1', 'device_type=pump', 'state=uncommissioned']

describe.skipIf(reason)(`avahi as the responder${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let avahi: Avahi
  let discovery: DiscoveryService
  let type: string

  beforeAll(async () => {
    avahi = await Avahi.start()
  })

  afterAll(() => avahi.stop())

  beforeEach(() => {
    const service = uniqueService()
    type = service.replace('.local', '')
    discovery = discoveryOf(service)
  })

  afterEach(() => discovery.close())

  test('is found with all it says, label dots and all', async () => {
    await avahi.publish('Pump v1.2', type, 5541, TEXT)
    discovery.start()
    const [device] = await devicesWhen(discovery, 'the pump', ([pump]) => pump?.reachable === true)
    expect(device).toMatchObject({
      deviceId: 'pump-1',
      deviceType: 'pump',
      state: 'uncommissioned',
      host: 'muster-avahi.local',
      port: 5541,
      source: 'mdns',
    })
    expect(device?.addresses[0]).toBe('127.0.0.1')
  })

  test('is heard when it announces, and when it says goodbye', async () => {
    discovery.start()
    const takeBack = await avahi.publish('pump', type, 5540, TEXT)
    await devicesWhen(discovery, 'the pump', ([pump]) => pump?.reachable === true)
    await takeBack()
    await devicesWhen(discovery, 'an empty list', (devices) => devices.length === 0, 4000)
    await avahi.publish('pump', type, 5540, [...TEXT.slice(0, 2), 'state=commissioned'])
    await devicesWhen(discovery, 'the new state', ([pump]) => pump?.state === 'commissioned')
  })

  test('shows twenty services on one host as twenty devices', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `device-${i}`)
    await Promise.all(
      names.map((name, i) =>
        avahi.publish(name, type, 6000 + i, [`device_id=${name}`, 'state=uncommissioned']),
      ),
    )
    discovery.start()
    const devices = await devicesWhen(discovery, 'twenty', (all) => all.length === 20, 3000)
    expect(idsOf(devices)).toEqual(names.toSorted())
    expect(new Set(devices.map(({ port }) => port)).size).toBe(20)
  })

  test('stays after a refresh that drops a silent neighbour', async () => {
    discovery = discoveryOf(`${type}.local`, { clock: fastClock() })
    const responder = await Responder.open(`${type}.local`)
    await avahi.publish('pump', type, 5540, TEXT)
    responder.add({ label: 'silent', deviceId: 'silent' })
    discovery.start()
    await devicesWhen(discovery, 'both', (devices) => devices.length === 2)
    await responder.close()
    discovery.refresh()
    const left = await devicesWhen(discovery, 'one to go', (all) => all.length === 1)
    expect(idsOf(left)).toEqual(['pump-1'])
  })

  test('and Muster see the same of a simulated device', async () => {
    const responder = await openMdnsResponder()
    const txt = { device_id: 'sim-1', device_type: 'pump', state: 'uncommissioned' }
    const place = { port: 7001, address: '127.0.0.1' }
    responder.advertise({ instance: 'sim-1', type: `${type}.local`, ...place, txt })
    discovery.start()
    const [device] = await devicesWhen(discovery, 'the device', ([sim]) => sim?.reachable === true)
    const browsed = await avahi.browse(type)
    await responder.close()
    expect(browsed).toHaveLength(1)
    expect(browsed[0]).toContain(`;${device?.host};127.0.0.1;7001;`)
    expect(browsed[0]).toContain('"device_id=sim-1"')
  })

  test('is gone 10 s after a refresh when it died without a goodbye', async () => {
    discovery = discoveryOf(`${type}.local`, { clock: fastClock() })
    await avahi.publish('pump', type, 5540, TEXT)
    discovery.start()
    await devicesWhen(discovery, 'the pump', (devices) => devices.length === 1)
    await avahi.kill()
    discovery.refresh()
    await devicesWhen(discovery, 'an empty list', (devices) => devices.length === 0)
  })
})
