import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { encode } from 'dns-packet'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DiscoveredDevice } from '#shared/contract/discovery.ts'
import type { DiscoveryService } from '../../../src/main/discovery/discovery-service.ts'
import { until } from '../../support/until.ts'
import { forgedResponse, recordsOf, Responder, uniqueService } from './responder.ts'
import { devicesWhen, discoveryOf, idsOf } from './watching.ts'

let responder: Responder
let discovery: DiscoveryService
let attacker: Socket

beforeEach(async () => {
  responder = await Responder.open(uniqueService())
  discovery = discoveryOf(responder.service)
  // Another host on the link: its flood must not use up what the devices may send.
  attacker = createSocket({ type: 'udp4', reuseAddr: true })
  attacker.bind(5353, '127.0.0.66')
  await once(attacker, 'listening')
  attacker.setMulticastInterface('127.0.0.1')
})

afterEach(async () => {
  await discovery.close()
  await responder.close()
  const closed = once(attacker, 'close')
  attacker.close()
  await closed
})

/** Sends datagrams, at a pace at which this process can receive what it sends. */
async function attack(datagrams: readonly Buffer[], from: Socket = attacker): Promise<void> {
  for (const datagram of datagrams) {
    await new Promise<void>((resolve) => {
      from.send(datagram, 5353, '224.0.0.251', () => setImmediate(resolve))
    })
  }
}

function dropped() {
  return discovery.diagnostics().links[0]!.dropped
}

/** Whether real devices still appear. */
async function expectRealDevice(deviceId: string): Promise<void> {
  responder.announce({ label: deviceId, deviceId })
  await devicesWhen(discovery, 'the real device', (all) => idsOf(all).includes(deviceId), 3000)
}

describe('a hostile neighbour', () => {
  test('that sends what no decoder should see is dropped before decoding', async () => {
    const answers = recordsOf({ label: 'trap', deviceId: 'trap' }, responder.service)
    const whole = encode({ type: 'response', answers })
    const truncated = Array.from({ length: whole.length - 12 }, (_, i) => whole.subarray(0, 12 + i))
    const loop = forgedResponse([0, 1, 0, 0], Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 0]))
    const pair = Buffer.from([0xc0, 14, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 0])
    const datagrams = [
      ...truncated,
      forgedResponse([65_535, 65_535, 65_535, 65_535]),
      forgedResponse([0, 65_535, 0, 0], Buffer.alloc(8000)),
      loop,
      forgedResponse([0, 1, 0, 0], pair),
      forgedResponse([0, 1, 0, 0], randomBytes(8988)),
      forgedResponse([0, 0, 0, 0], Buffer.alloc(20_000)),
      Buffer.alloc(0),
    ]
    discovery.start()
    await until('a first question', () => responder.asked.length > 0)
    await attack(datagrams)
    await until('all dropped', () => dropped().malformed >= truncated.length + 5)
    await expectRealDevice('real-1')
    expect(idsOf(discovery.devices())).toEqual(['real-1'])
  })

  test('that floods the link is cut off, and devices are found meanwhile', async () => {
    discovery.start()
    await until('a first question', () => responder.asked.length > 0)
    const large = forgedResponse([0, 0, 0, 0], Buffer.alloc(8988))
    const flood = attack(Array.from({ length: 3000 }, () => large))
    await expectRealDevice('real-2')
    await flood
    await until('the flood cut off', () => dropped().overLimit > 0)
    await expectRealDevice('real-3')
  })

  test('that answers from another port is not heard', async () => {
    const elsewhere = createSocket('udp4')
    elsewhere.bind(0, '127.0.0.1')
    await once(elsewhere, 'listening')
    elsewhere.setMulticastInterface('127.0.0.1')
    discovery.start()
    await until('a first question', () => responder.asked.length > 0)
    const answers = recordsOf({ label: 'trap', deviceId: 'trap' }, responder.service)
    await attack([encode({ type: 'response', answers })], elsewhere)
    elsewhere.close()
    await until('it dropped', () => dropped().wrongPort === 1)
    await expectRealDevice('real-4')
    expect(idsOf(discovery.devices())).toEqual(['real-4'])
  })

  test('gets its markup and control characters into the list as plain text only', async () => {
    discovery.start()
    await until('a first question', () => responder.asked.length > 0)
    responder.announce({
      label: '"><img src=x onerror=alert(1)>\u001b]0;x\u0007',
      deviceId: 'markup',
      deviceType: `<script>\u0000\u202e${'x'.repeat(200)}`,
      host: 'a\u001b[2Jb.local',
    })
    responder.announce({ label: 'ids', deviceId: 'a.b>c' })
    const devices = await devicesWhen(discovery, 'the device', (all) => all.length === 1, 3000)
    const [device] = devices
    expect(() => DiscoveredDevice.parse(device)).not.toThrow()
    expect(device).toMatchObject({
      deviceId: 'markup',
      deviceType: `<script>${'x'.repeat(120)}`,
      host: 'a[2jb.local',
    })
    await until('the other ignored', () => discovery.diagnostics().ignored.length === 1)
    expect(discovery.diagnostics().ignored).toMatchObject([{ reason: 'unsafe-device-id' }])
  })

  test('that names thousands of devices leaves room for a real one', async () => {
    discovery.start()
    await until('a first question', () => responder.asked.length > 0)
    const names = Array.from({ length: 3000 }, (_, i) => `ghost-${i}.${responder.service}`)
    const packets: Buffer[] = []
    for (let i = 0; i < names.length; i += 50) {
      const answers = names
        .slice(i, i + 50)
        .map((data) => ({ type: 'PTR', name: responder.service, ttl: 4500, data }) as const)
      packets.push(encode({ type: 'response', answers }))
    }
    await attack(packets)
    await until('records turned away', () => discovery.diagnostics().turnedAway > 0)
    // After 2 s instances that told nothing about themselves make room.
    await until(
      'room for a real one',
      () => {
        responder.announce({ label: 'real-5', deviceId: 'real-5' })
        return idsOf(discovery.devices()).includes('real-5')
      },
      5000,
    )
  })
})
