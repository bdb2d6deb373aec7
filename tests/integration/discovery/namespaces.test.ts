import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Avahi, whyNoAvahi } from './avahi.ts'
import { BrowsingChild, Namespace, whyNoNamespaces } from './namespaces.ts'
import { uniqueService } from './responder.ts'

const reason = whyNoNamespaces() ?? whyNoAvahi({ alongside: true })
if (reason) console.warn(`Discovery was NOT proven on real interfaces and IPv6: ${reason}.`)

const TEXT = ['device_id=pump-1', 'device_type=pump', 'state=uncommissioned']

// Two machines with cables between them, each a network namespace that leads nowhere else.
const title = `a network of two machines${reason ? ` (skipped: ${reason})` : ''}`

describe.skipIf(reason)(title, () => {
  let technician: Namespace
  let device: Namespace
  let avahi: Avahi | undefined
  let browsing: BrowsingChild | undefined
  let service: string

  beforeEach(async () => {
    service = uniqueService()
    technician = await Namespace.make()
    device = await Namespace.make()
  })

  afterEach(async () => {
    await browsing?.close()
    await avahi?.stop()
    await technician.close()
    await device.close()
    browsing = undefined
    avahi = undefined
  })

  /** The device's avahi on these interfaces, advertising one pump. */
  async function advertise(interfaces: readonly string[]): Promise<void> {
    avahi = await Avahi.start({ interfaces, enter: device.enter })
    await avahi.publish('pump', service.replace('.local', ''), 5541, TEXT)
  }

  test('finds a device over IPv4 and IPv6 once the cable is in, and loses it with the cable', async () => {
    browsing = new BrowsingChild(technician, service)
    technician.connect(device, ['cable', 'plug'], '10.9.1')
    await advertise(['plug'])
    const { devices, health } = await browsing.when(
      'the pump with both addresses, over both families',
      (browsed) =>
        browsed.devices[0]?.addresses.length === 2 &&
        browsed.health.interfaces.length === 2 &&
        browsed.health.interfaces.every(({ error }) => error === null),
    )
    expect(devices).toMatchObject([
      { deviceId: 'pump-1', port: 5541, interfaces: ['cable'], reachable: true, conflict: false },
    ])
    expect(devices[0]?.addresses[0]).toBe('10.9.1.2')
    expect(devices[0]?.addresses[1]).toMatch(/^fe80::[0-9a-f:]+%cable$/)
    expect(health.interfaces[0]).toEqual({ name: 'cable', address: '10.9.1.1', error: null })
    technician.ip('link del cable')
    await browsing.when(
      'nothing left',
      (browsed) => browsed.devices.length === 0 && browsed.health.interfaces.length === 0,
    )
  })

  test('shows a device on two cables once, with the addresses of both', async () => {
    technician.connect(device, ['left', 'plug1'], '10.9.1')
    technician.connect(device, ['right', 'plug2'], '10.9.2')
    await advertise(['plug1', 'plug2'])
    browsing = new BrowsingChild(technician, service)
    const { devices } = await browsing.when('the pump on both', ({ devices: [pump] }) =>
      ['10.9.1.2', '10.9.2.2'].every((address) => pump?.addresses.includes(address)),
    )
    expect(devices).toHaveLength(1)
    expect(devices[0]?.interfaces.toSorted()).toEqual(['left', 'right'])
    expect(devices[0]?.conflict).toBe(false)
    technician.ip('link del left')
    const { devices: after } = await browsing.when(
      'one cable left',
      ({ devices: [pump] }) => pump?.interfaces.length === 1,
    )
    expect(after[0]).toMatchObject({ interfaces: ['right'], key: devices[0]?.key })
    expect(after[0]?.addresses).not.toContain('10.9.1.2')
  })

  test('hears again on an interface that got another address', async () => {
    technician.connect(device, ['cable', 'plug'], '10.9.1')
    browsing = new BrowsingChild(technician, service)
    await browsing.when('the interface', ({ health }) => health.interfaces.length > 0)
    technician.ip('addr flush dev cable')
    technician.ip('addr add 10.9.3.1/24 dev cable')
    device.ip('addr flush dev plug')
    device.ip('addr add 10.9.3.2/24 dev plug')
    await advertise(['plug'])
    const { devices } = await browsing.when('the pump', ({ devices: [pump] }) => pump !== undefined)
    expect(devices[0]?.addresses).toContain('10.9.3.2')
  })
})
