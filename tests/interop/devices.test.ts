import { afterAll, beforeAll, expect, test } from 'vitest'
import { childOf } from '../support/processes.ts'
import { EventLog } from './event-log.ts'
import { until } from '../support/until.ts'
import { InteropSite, type ReferenceDevice } from './site.ts'
import { describeWithReference } from './with-reference.ts'

const TENANT = 'greenhouse'

describeWithReference('devices of the Python reference in a fleet of ours', (python) => {
  let site: InteropSite
  let sensor: ReferenceDevice
  let pump: ReferenceDevice
  let events: EventLog

  beforeAll(async () => {
    site = await InteropSite.open(python, [TENANT])
    ;[sensor, pump] = await Promise.all([
      site.member(TENANT, { deviceId: 'sensor-1', kind: 'soil-sensor', key: 'factory' }),
      // Its credential holds a seed, so that the reference's commands can be run with it, too.
      site.member(TENANT, { deviceId: 'pump-1', kind: 'irrigation-pump', key: 'none' }),
      site.member(TENANT, {
        deviceId: 'controller-1',
        kind: 'irrigation-controller',
        key: 'factory',
      }),
    ])
    await site.call(TENANT, 'sensor-1', 'measure')
    events = await EventLog.open(site.client, TENANT)
  })

  afterAll(async () => {
    events?.close()
    await site?.close()
  })

  test('register with the registry over credentials of our authority', async () => {
    expect(await site.online(TENANT, 'sensor-1')).toMatchObject({
      deviceType: 'soil-sensor',
      manufacturer: 'Greenhouse Works',
      model: 'SS-2',
      firmwareVersion: '1.4.0',
      location: 'greenhouse-1',
      availability: 'idle',
      battery: 80,
      functionCount: 3,
      eventCount: 1,
      ttlSeconds: 3,
    })
    expect(await site.online(TENANT, 'pump-1')).toMatchObject({ deviceType: 'irrigation-pump' })
    expect(await site.online(TENANT, 'controller-1')).toMatchObject({ functionCount: 2 })
  })

  test('are recorded with all they say, also what their own registry would drop', async () => {
    const record = await site.client.fleet.record({ tenant: TENANT, deviceId: 'sensor-1' })
    expect(record?.identity).toMatchObject({ serial_number: 'GW-0001', roof_side: 'north' })
    expect(record?.labels).toEqual({ category: ['sensor', 'soil'] })
    expect(record?.functions.find(({ name }) => name === 'measure')).toMatchObject({
      description: 'Measure the moisture of the soil.',
      parameters: {
        properties: {
          depth_cm: { type: 'integer', description: 'Depth below the surface', default: 10 },
        },
      },
    })
    expect(record?.events).toMatchObject([
      { name: 'soil_dry', payloadSchema: { required: ['moisture_percent'] } },
    ])
  })

  test('answer calls with results and with errors', async () => {
    expect(await site.call(TENANT, 'sensor-1', 'measure', { depth_cm: 30 })).toMatchObject({
      type: 'result',
      // Python's NaN, which JSON does not know, is read as null.
      result: { depth_cm: 30, moisture_percent: 31.5, salinity: null },
    })
    expect(await site.call(TENANT, 'sensor-1', 'fly')).toMatchObject({
      type: 'error',
      code: -32601,
      message: 'Unknown method: fly',
    })
    expect(await site.call(TENANT, 'pump-1', 'irrigate', { seconds: -1 })).toMatchObject({
      type: 'error',
      code: -32000,
      message: 'Error invoking irrigate: seconds must be positive',
    })
  })

  test('send events, find each other and call each other', async () => {
    await site.call(TENANT, 'sensor-1', 'dry_out', { moisture_percent: 7 })
    expect(await events.first('sensor-1', 'soil_dry')).toMatchObject({ moisture_percent: 7 })
    expect(await events.first('pump-1', 'irrigated')).toMatchObject({ seconds: 1.5 })
    expect(await events.first('controller-1', 'watered')).toMatchObject({
      sensor: 'sensor-1',
      answers: [{ result: { litres: 3 } }],
    })
    expect(await site.call(TENANT, 'controller-1', 'survey')).toMatchObject({
      result: { devices: ['controller-1', 'pump-1', 'sensor-1'] },
    })
  })

  test('change their status by heartbeats', async () => {
    await site.call(TENANT, 'sensor-1', 'drain', { battery: 17 })
    await site.fleetDevice(TENANT, 'sensor-1', 'at 17 %', ({ battery }) => battery === 17)
  })

  test('are listed by devctl', async () => {
    const environment = await site.toolEnvironment(pump, TENANT)
    const devctl = (...args: string[]) =>
      site.run(['-m', 'device_connect_server.devctl', ...args], environment)
    const [full, compact, selected] = [
      devctl('list'),
      devctl('list', '--compact'),
      devctl('discover', 'device(category:soil)'),
    ]
    expect(await full.ended()).toBe(0)
    const devices = JSON.parse(full.output) as { device_id: string; registry: unknown }[]
    expect(devices.map(({ device_id: id }) => id)).toEqual(['controller-1', 'pump-1', 'sensor-1'])
    expect(devices[0]?.registry).toEqual({
      device_registration_id: expect.stringMatching(/^[0-9a-f-]{36}$/u),
      registered_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/u),
    })
    expect(await compact.ended()).toBe(0)
    expect(compact.output).toContain('pump-1\n  function irrigate (Run the pump.)\n')
    expect(await selected.ended()).toBe(0)
    expect(selected.output).toContain('"device_id": "sensor-1"')
    expect(selected.output).not.toContain('pump-1')
  })

  test('are called by statectl, which needs no etcd for it', async () => {
    const command = ['-m', 'device_connect_server.statectl', 'invoke-many'] as const
    const statectl = site.run(
      [...command, 'device(type:irrigation-pump).function(irrigate)', '--param', 'seconds=2'],
      await site.toolEnvironment(pump, TENANT),
    )
    expect(await statectl.ended()).toBe(0)
    expect(JSON.parse(statectl.output)).toMatchObject({
      matched: 1,
      succeeded: 1,
      results: [{ device_id: 'pump-1', result: { litres: 4 } }],
    })
  })

  test("are found by the reference's registry client as in its own registry", async () => {
    const client = site.run(['registry_client.py'], await site.toolEnvironment(pump, TENANT))
    const answers = await client.fact({})
    const all = ['controller-1', 'pump-1', 'sensor-1']
    expect(answers).toMatchObject({
      all,
      pages: all.map((id) => ({ ids: [id], total: 3 })),
      by_type: ['sensor-1'],
      by_location: all,
      elsewhere: [],
      unknown: null,
      functions: [{ name: 'irrigate', parameters: { required: ['seconds'] } }],
      events: ['irrigated'],
      no_limit: expect.stringContaining('-32602'),
      no_offset: expect.stringContaining('-32602'),
      fleet: {
        total_devices: 3,
        total_functions: 6,
        by_type: { 'soil-sensor': { count: 1, locations: ['greenhouse-1'] } },
        by_location: {
          'greenhouse-1': {
            count: 3,
            types: ['irrigation-controller', 'irrigation-pump', 'soil-sensor'],
          },
        },
      },
    })
  })

  test('are missed when they fall asleep, and asked to register when they wake', async () => {
    const before = await site.online(TENANT, 'sensor-1')
    sensor.program.sleep()
    await site.fleetDevice(TENANT, 'sensor-1', 'offline', ({ state }) => state === 'offline')
    expect(await events.first('controller-1', 'missed')).toMatchObject({ device: 'sensor-1' })
    expect(await site.call(TENANT, 'controller-1', 'survey')).toMatchObject({
      result: { devices: ['controller-1', 'pump-1'] },
    })
    sensor.program.wake()
    const after = await site.online(TENANT, 'sensor-1')
    expect(Date.parse(after.since)).toBeGreaterThan(Date.parse(before.since))
    expect(await site.call(TENANT, 'sensor-1', 'measure')).toMatchObject({ type: 'result' })
  })

  // Processes are found by `ps`.
  test.skipIf(process.platform === 'win32')(
    'stay when the registry is killed, and come back when nats-server is',
    async () => {
      process.kill(await childOf(site.muster.pid, /registry\.js/u), 'SIGKILL')
      expect(await surveyOnceBack()).toEqual(['controller-1', 'pump-1', 'sensor-1'])

      const killedAt = Date.now()
      process.kill(await childOf(site.muster.pid, /nats-server/u), 'SIGKILL')
      // Their runtime tries every two seconds and registers anew.
      await Promise.all(
        ['sensor-1', 'pump-1', 'controller-1'].map((deviceId) =>
          site.fleetDevice(TENANT, deviceId, 'registered anew', ({ state, registeredAt }) => {
            return state === 'online' && Date.parse(registeredAt ?? '') > killedAt
          }),
        ),
      )
      expect(await site.call(TENANT, 'pump-1', 'irrigate', { seconds: 2 })).toMatchObject({
        result: { litres: 4 },
      })
    },
  )

  /** What the controller hears from the registry, asked until there is one again. */
  async function surveyOnceBack(): Promise<unknown> {
    let devices: unknown
    await until('the registry to answer', async () => {
      const outcome = await site.call(TENANT, 'controller-1', 'survey')
      if (outcome.type === 'result') ({ devices } = outcome.result as { devices: unknown })
      return outcome.type === 'result'
    })
    return devices
  }
})
