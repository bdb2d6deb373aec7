import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DiscoveryService } from '../../../src/main/discovery/discovery-service.ts'
import { until } from '../../support/until.ts'
import { fastClock } from './fast-clock.ts'
import { Responder, uniqueService } from './responder.ts'
import { devicesWhen, discoveryOf } from './watching.ts'

const PUMP = { label: 'pump', deviceId: 'pump-1' }
const GHOST: NetworkInterfaceInfo = {
  address: '203.0.113.9',
  netmask: '255.255.255.0',
  family: 'IPv4',
  mac: '00:00:00:00:00:00',
  internal: false,
  cidr: '203.0.113.9/24',
}

describe('interfaces', () => {
  let responder: Responder
  let discovery: DiscoveryService

  beforeEach(async () => {
    responder = await Responder.open(uniqueService())
    responder.add(PUMP)
  })

  afterEach(async () => {
    await discovery.close()
    await responder.close()
  })

  test('that fail are facts of health, and the others go on', async () => {
    discovery = discoveryOf(responder.service, {
      interfaces: ['127.0.0.1', 'ghost0'],
      networkInterfaces: () => ({ ghost0: [GHOST], ...networkInterfaces() }),
    })
    discovery.start()
    await devicesWhen(discovery, 'the pump', (devices) => devices.length === 1)
    const { interfaces } = discovery.health()
    expect(interfaces).toMatchObject([
      { name: 'ghost0', address: '203.0.113.9' },
      { address: '127.0.0.1', error: null },
    ])
    expect(interfaces[0]?.error).toMatch(/^E[A-Z]+$/)
  })

  test('that come are listened on, and devices go with those that go', async () => {
    let present = false
    discovery = discoveryOf(responder.service, {
      networkInterfaces: () => (present ? networkInterfaces() : {}),
      rescanMs: 50,
    })
    discovery.start()
    expect(discovery.health().interfaces).toEqual([])
    present = true
    await devicesWhen(discovery, 'the pump', (devices) => devices.length === 1)
    present = false
    await devicesWhen(discovery, 'an empty list', (devices) => devices.length === 0)
    expect(discovery.health().interfaces).toEqual([])
  })

  test('are asked anew when the machine wakes up, and what is gone by then goes', async () => {
    let sleptMs = 0
    const clock = fastClock()
    discovery = discoveryOf(responder.service, {
      clock: { ...clock, wallNow: () => clock.wallNow() + sleptMs },
      rescanMs: 50,
    })
    discovery.start()
    await devicesWhen(discovery, 'the pump', (devices) => devices.length === 1)
    responder.silence(PUMP.label)
    const before = responder.queries.length
    sleptMs = 8 * 3600 * 1000
    await until('a question that knows nothing', () =>
      responder.queries.slice(before).some(({ answers }) => answers?.length === 0),
    )
    await devicesWhen(discovery, 'an empty list', (devices) => devices.length === 0)
  })
})
