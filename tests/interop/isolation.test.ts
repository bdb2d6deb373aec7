import { afterAll, beforeAll, expect, test } from 'vitest'
import { InteropSite, type ReferenceDevice } from './site.ts'
import { describeWithReference } from './with-reference.ts'

describeWithReference('devices of the Python reference in two tenants', (python) => {
  let site: InteropSite
  let theirs: ReferenceDevice

  beforeAll(async () => {
    site = await InteropSite.open(python, ['alpha', 'beta'])
    ;[theirs] = await Promise.all([
      site.member('beta', { deviceId: 'pump-b', kind: 'irrigation-pump', key: 'none' }),
      site.member('beta', { deviceId: 'controller-b', kind: 'irrigation-controller', key: 'none' }),
      site.member('alpha', { deviceId: 'sensor-a', kind: 'soil-sensor', key: 'none' }),
      site.member('alpha', {
        deviceId: 'controller-a',
        kind: 'irrigation-controller',
        key: 'none',
      }),
    ])
  })

  afterAll(() => site?.close())

  test('see and call only their own', async () => {
    expect(await site.call('alpha', 'controller-a', 'survey')).toMatchObject({
      result: { devices: ['controller-a', 'sensor-a'] },
    })
    expect(await site.call('beta', 'controller-b', 'survey')).toMatchObject({
      result: { devices: ['controller-b', 'pump-b'] },
    })
    const reach = { device_id: 'sensor-a', function: 'measure' }
    expect(await site.call('alpha', 'controller-a', 'call', reach)).toMatchObject({
      result: { result: { moisture_percent: 31.5 } },
    })
    expect(await site.call('beta', 'controller-b', 'call', reach)).toMatchObject({
      type: 'error',
      message: expect.stringMatching(/no responders/iu),
    })
  })

  test('hear nothing of the other tenant, not even on the inboxes that all share', async () => {
    const spy = site.run(
      ['eavesdropper.py', '_INBOX.>', 'device-connect.beta.>', 'device-connect.alpha.>'],
      await site.toolEnvironment(theirs, 'beta'),
    )
    await spy.fact({ state: 'listening' })
    await spy.line('that the server refuses a subject', (line) =>
      /permissions violation.*device-connect\.alpha\.>/iu.test(line),
    )
    await site.call('alpha', 'sensor-a', 'measure', { depth_cm: 4242 })
    await site.call('alpha', 'controller-a', 'call', { device_id: 'sensor-a', function: 'measure' })
    await site.call('alpha', 'sensor-a', 'dry_out', { moisture_percent: 1 })
    // What comes last and is heard shows that what came before was not.
    await site.call('beta', 'controller-b', 'survey')
    await spy.line('an inbox of its own tenant', (line) => /"_INBOX\..*pump-b/u.test(line))
    await site.call('beta', 'pump-b', 'irrigate', { seconds: 777 })
    await spy.line('an event of its own tenant', (line) => line.includes('777'))
    expect(spy.output).not.toMatch(/4242|sensor-a|controller-a|moisture/u)
  })

  test('are not listed by devctl with a credential of the other tenant', async () => {
    const environment = await site.toolEnvironment(theirs, 'alpha')
    const devctl = site.run(['-m', 'device_connect_server.devctl', 'list'], environment)
    await devctl.line('that the server refuses it', (line) =>
      /permissions violation for publish to "device-connect\.alpha\.discovery"/iu.test(line),
    )
    await devctl.stop()
    expect(devctl.output).not.toContain('sensor-a')
  })
})
