import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DiscoveryService } from '../../../src/main/discovery/discovery-service.ts'
import { until } from '../../support/until.ts'
import { fastClock } from './fast-clock.ts'
import { Responder, recordsOf, uniqueService } from './responder.ts'
import { devicesWhen, discoveryOf, idsOf } from './watching.ts'

let responder: Responder
let discovery: DiscoveryService

beforeEach(async () => {
  responder = await Responder.open(uniqueService())
  discovery = discoveryOf(responder.service)
})

afterEach(async () => {
  await discovery.close()
  await responder.close()
})

const PUMP = { label: 'Pump v1.2 <b>', deviceId: 'pump-1', port: 5541 }

describe('devices on the loopback link', () => {
  test('are found by asking', async () => {
    responder.add(PUMP)
    discovery.start()
    const [device] = await devicesWhen(discovery, 'the pump', (devices) => devices.length === 1)
    expect(device).toMatchObject({
      key: 'mdns:pump-1',
      deviceId: 'pump-1',
      deviceType: 'pump',
      state: 'uncommissioned',
      host: 'pump-1.local',
      port: 5541,
      addresses: ['127.0.0.1'],
      source: 'mdns',
      reachable: true,
      conflict: false,
    })
    expect(discovery.health().interfaces).toMatchObject([{ address: '127.0.0.1', error: null }])
  })

  test('are found by listening', async () => {
    discovery.start()
    await until('a first question', () => responder.asked.length > 0)
    responder.announce(PUMP)
    await devicesWhen(discovery, 'the pump', (devices) => devices.length === 1, 1000)
  })

  test('are all found within 3 s when a hundred wait', async () => {
    for (let i = 0; i < 100; i++) responder.add({ label: `d${i}`, deviceId: `device-${i}` })
    const startedAt = performance.now()
    discovery.start()
    await devicesWhen(discovery, 'a hundred', (devices) => devices.length === 100, 3000)
    expect(performance.now() - startedAt).toBeLessThan(3000)
  })

  test('are all found within 3 s when a hundred announce themselves at once', async () => {
    discovery.start()
    await until('a first question', () => responder.asked.length > 0)
    for (let i = 0; i < 100; i++) responder.announce({ label: `d${i}`, deviceId: `device-${i}` })
    const devices = await devicesWhen(
      discovery,
      'a hundred',
      (all) => all.length === 100 && all.every((device) => device.reachable),
      3000,
    )
    expect(idsOf(devices)).toContain('device-99')
  })

  test('disappear with their goodbye', async () => {
    responder.add(PUMP)
    responder.add({ label: 'valve', deviceId: 'valve-1' })
    discovery.start()
    await devicesWhen(discovery, 'both', (devices) => devices.length === 2)
    responder.goodbye(PUMP.label)
    const left = await devicesWhen(discovery, 'one to go', (all) => all.length === 1, 3000)
    expect(idsOf(left)).toEqual(['valve-1'])
  })

  test('disappear when their time is over and they answer no more', async () => {
    responder.add({ ...PUMP, ttl: 3, pointerTtl: 3 })
    discovery.start()
    await devicesWhen(discovery, 'the pump', (devices) => devices.length === 1)
    responder.silence(PUMP.label)
    await devicesWhen(discovery, 'an empty list', (devices) => devices.length === 0, 6000)
  })

  test('stay as long as they answer, however short their time is', async () => {
    discovery = discoveryOf(responder.service, { clock: fastClock() })
    responder.add({ ...PUMP, ttl: 4, pointerTtl: 4 })
    discovery.start()
    await devicesWhen(discovery, 'the pump', (devices) => devices.length === 1)
    const sizes: number[] = []
    const unsubscribe = discovery.subscribe(() => sizes.push(discovery.devices().length))
    const asked = () => responder.asked.filter((question) => question.startsWith('SRV ')).length
    await until('renewals', () => asked() >= 2)
    unsubscribe()
    expect(sizes.every((size) => size === 1)).toBe(true)
  })

  test('turn to what they say anew', async () => {
    responder.add(PUMP)
    discovery.start()
    await devicesWhen(discovery, 'the pump', (devices) => devices.length === 1)
    // A second later, since records of the last second survive the flush bit.
    await until(
      'a second',
      () => Date.now() - Date.parse(discovery.devices()[0]!.lastSeenAt) > 1000,
    )
    responder.announce({ ...PUMP, port: 5600, state: 'commissioned', address: '127.0.0.2' })
    const [device] = await devicesWhen(
      discovery,
      'the new port and only the new address',
      ([pump]) => pump?.port === 5600 && pump.addresses.length === 1,
      3000,
    )
    expect(device).toMatchObject({ state: 'commissioned', addresses: ['127.0.0.2'] })
  })

  test('are asked for what they left out, label dots and all', async () => {
    discovery.start()
    await until('a first question', () => responder.asked.length > 0)
    responder.add(PUMP)
    responder.say(recordsOf(PUMP, responder.service).slice(0, 1))
    await devicesWhen(discovery, 'the whole pump', ([pump]) => pump?.reachable === true, 3000)
    expect(responder.asked).toContain(`SRV ${PUMP.label}.${responder.service}`)
  })

  test('are found whatever the order of their records, one packet each', async () => {
    discovery.start()
    await until('a first question', () => responder.asked.length > 0)
    for (const record of recordsOf(PUMP, responder.service).reverse()) responder.say([record])
    await devicesWhen(discovery, 'the whole pump', ([pump]) => pump?.reachable === true, 2000)
  })

  test('are not asked to repeat themselves', async () => {
    responder.add(PUMP)
    discovery.start()
    await devicesWhen(discovery, 'the pump', (devices) => devices.length === 1)
    await until('a question that names what is known', () =>
      responder.queries.some(({ answers = [] }) => answers.length === 1),
    )
  })

  test('that claim one id from two hosts are both shown, in conflict', async () => {
    responder.add(PUMP)
    responder.add({ label: 'impostor', deviceId: PUMP.deviceId, host: 'impostor.local' })
    discovery.start()
    const devices = await devicesWhen(discovery, 'both', (all) => all.length === 2)
    expect(devices.map(({ conflict }) => conflict)).toEqual([true, true])
  })

  test('that are gone without a word are gone 10 s after a refresh', async () => {
    discovery = discoveryOf(responder.service, { clock: fastClock() })
    responder.add(PUMP)
    responder.add({ label: 'valve', deviceId: 'valve-1' })
    discovery.start()
    await devicesWhen(discovery, 'both', (devices) => devices.length === 2)
    responder.silence(PUMP.label)
    discovery.refresh()
    const left = await devicesWhen(discovery, 'one to go', (all) => all.length === 1)
    expect(idsOf(left)).toEqual(['valve-1'])
  })
})
