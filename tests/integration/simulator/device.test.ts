import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  startDevice,
  type DeviceOptions,
  type SimulatedDevice,
} from '../../../src/simulator/device.ts'
import { startNatsServer, type NatsServer } from '../../support/nats-server.ts'
import {
  openCredentials,
  probeDevice,
  startTestRegistry,
  TENANT,
  type TestRegistry,
} from './test-registry.ts'

let server: NatsServer
let registry: TestRegistry
const devices: SimulatedDevice[] = []

beforeEach(async () => {
  server = await startNatsServer({ config: 'websocket { listen: "127.0.0.1:-1", no_tls: true }' })
  registry = await startTestRegistry(server.url)
})

afterEach(async () => {
  await Promise.all(devices.splice(0).map((device) => device.crash()))
  await registry.close()
  await server.stop()
})

function start(deviceId: string, options: Partial<DeviceOptions> = {}): SimulatedDevice {
  const device = startDevice({
    description: probeDevice(deviceId),
    credentials: openCredentials(deviceId, server.url),
    ...options,
  })
  devices.push(device)
  return device
}

async function online(deviceId: string, options: Partial<DeviceOptions> = {}) {
  const device = start(deviceId, options)
  await device.whenState('online')
  return device
}

test('registers with everything that the protocol asks for', async () => {
  await online('probe-1')
  expect(registry.registrations).toEqual([
    {
      device_id: 'probe-1',
      device_ttl: 15,
      capabilities: {
        description: 'A device for tests.',
        labels: { zone: 'north', role: ['sensor', 'spare'] },
        functions: expect.arrayContaining([
          expect.objectContaining({ name: 'add', tags: [], parameters: expect.anything() }),
        ]),
        events: [
          {
            name: 'ping',
            description: 'A sign of life.',
            payload_schema: { type: 'object' },
            tags: [],
          },
        ],
      },
      identity: { device_type: 'probe', manufacturer: 'Example' },
      status: {
        location: 'bench',
        availability: 'available',
        battery: 80,
        ts: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
    },
  ])
})

test('sends a heartbeat every third of its ttl, with its status in it', async () => {
  const device = await online('probe-1', { ttlSeconds: 1 })
  device.setStatus({ battery: 79 })
  await expect.poll(() => registry.heartbeats.length).toBeGreaterThanOrEqual(2)
  const [first, second] = registry.heartbeats
  expect(first).toMatchObject({ device_id: 'probe-1', location: 'bench', battery: 79 })
  const gap = Number(second?.['ts']) - Number(first?.['ts'])
  expect(gap).toBeGreaterThan(0.3)
  expect(gap).toBeLessThan(0.6)
})

test('answers calls with a result or with the code for what is wrong', async () => {
  await online('probe-1')
  const call = (method: string, params?: unknown) => registry.call('probe-1', method, params)
  expect(await call('add', { left: 1, right: 2 })).toEqual({
    jsonrpc: '2.0',
    id: 'call-1',
    result: { sum: 3 },
  })
  expect(await call('no_such')).toMatchObject({
    error: { code: -32601, message: 'Unknown method: no_such' },
  })
  expect(await call('add', { left: 1 })).toMatchObject({ error: { code: -32602 } })
  expect(await call('add', { left: 101, right: 1 })).toMatchObject({
    error: { code: -32602, message: expect.stringContaining('#/left') },
  })
  expect(await call('add', [1, 2])).toMatchObject({ error: { code: -32602 } })
  expect(await call('fail')).toMatchObject({
    error: { code: -32603, message: 'The valve is stuck.' },
  })
})

test('answers requestRegistration with the parameters of a registration', async () => {
  await online('probe-1')
  const { result } = await registry.call('probe-1', 'requestRegistration')
  expect(result).toMatchObject({
    device_id: 'probe-1',
    device_ttl: 15,
    identity: { device_type: 'probe' },
  })
})

test('stays silent to a notification and to text that is no JSON-RPC', async () => {
  await online('probe-1')
  const subject = `device-connect.${TENANT}.probe-1.cmd`
  const ask = (text: string) => registry.connection.request(subject, text, { timeout: 200 })
  await expect(ask(JSON.stringify({ jsonrpc: '2.0', method: 'add' }))).rejects.toThrow(/timeout/)
  const broken = await ask('{')
  expect(broken.json()).toMatchObject({ id: null, error: { code: -32602 } })
})

test('emits events as JSON-RPC notifications', async () => {
  const device = await online('probe-1')
  expect(device.emit('ping', { n: 1 })).toBe(true)
  await expect
    .poll(() => registry.events)
    .toEqual([
      {
        subject: `device-connect.${TENANT}.probe-1.event.ping`,
        message: { jsonrpc: '2.0', method: 'ping', params: { n: 1 } },
      },
    ])
  expect(() => device.emit('no.dots', {})).toThrow(/letters, digits/)
})

test('calls another device of its tenant by name, and hears its events', async () => {
  const [one, two] = await Promise.all([online('probe-1'), online('probe-2')])
  await expect(one.call('probe-2', 'who_calls')).resolves.toEqual({ source: 'probe-1' })
  await expect(one.call('probe-2', 'fail')).rejects.toMatchObject({
    code: 'CALL_FAILED',
    message: 'The valve is stuck.',
    details: { code: -32603 },
  })
  await expect(one.call('nobody', 'fail')).rejects.toMatchObject({ code: 'REQUEST_UNANSWERED' })

  const heard: unknown[] = []
  const stopListening = one.onEvent('probe-2', 'ping', (payload) => void heard.push(payload))
  await registry.connection.flush()
  await one.call('probe-2', 'who_calls')
  two.emit('ping', { n: 1 })
  await expect.poll(() => heard).toEqual([{ n: 1 }])
  stopListening()
})

test('answers a broadcast where targets and where clause mean it', async () => {
  await Promise.all([online('probe-1'), online('probe-2')])
  const broadcast = (envelope: object) =>
    registry.connection.publish(`device-connect.${TENANT}.broadcast`, JSON.stringify(envelope))
  const params = { left: 1, right: 1 }
  broadcast({ correlation_id: 'c1', function: 'add', params, targets: ['probe-2'] })
  broadcast({ correlation_id: 'c2', function: 'add', params, where: 'status.battery > 90' })
  broadcast({ correlation_id: 'c3', function: 'add', params, fire_at: 1 })
  broadcast({ correlation_id: 'c.4', function: 'add', params })
  broadcast({
    correlation_id: 'c5',
    function: 'fail',
    where: 'labels.zone == "north"',
    targets: [],
  })
  await expect.poll(() => registry.events.length).toBe(3)
  const replies = new Map(registry.events.map(({ subject, message }) => [subject, message]))
  const reply = (id: string, correlation: string) =>
    replies.get(`device-connect.${TENANT}.${id}.event.async_reply.${correlation}`)
  expect(reply('probe-2', 'c1')).toEqual({
    correlation_id: 'c1',
    device_id: 'probe-2',
    success: true,
    result: { sum: 2 },
    actually_fired_at: expect.any(Number),
  })
  const failure = {
    success: false,
    error: { code: 'invoke_failed', message: 'The valve is stuck.' },
  }
  expect(reply('probe-1', 'c5')).toMatchObject(failure)
  expect(reply('probe-2', 'c5')).toMatchObject(failure)
})

test('tries to register again, at growing intervals, until the registry takes it', async () => {
  registry.refuse = true
  const device = start('probe-1', { backoff: { firstMs: 10, longestMs: 20 } })
  await device.whenState('registering')
  await expect.poll(() => device.lastFailure).toBe('the registry refused: not today')
  registry.refuse = false
  await device.whenState('online')
  expect(device.lastFailure).toBeUndefined()
})

test('waits for a server that is not there yet', async () => {
  const { port } = server
  await server.kill9()
  const device = start('probe-1')
  await expect.poll(() => device.lastFailure).toMatch(/refused/)
  server = await startNatsServer({ port })
  await device.whenState('online')
})

test('registers again after the server was killed and started again', async () => {
  const states: string[] = []
  const device = await online('probe-1', { onState: (state) => void states.push(state) })
  await server.kill9()
  await device.whenState('connecting')
  expect(device.emit('ping', {})).toBe(false)
  server = await startNatsServer({ port: server.port })
  await device.whenState('online')
  expect(registry.registrations).toHaveLength(2)
  expect(states).toEqual(['registering', 'online', 'connecting', 'registering', 'online'])
  await expect.poll(() => registry.call('probe-1', 'who_calls')).toHaveProperty('result')
})

test('says goodbye when it is stopped, and nothing when it crashes', async () => {
  const polite = await online('probe-1')
  const crashing = await online('probe-2')
  await polite.stop()
  await crashing.crash()
  await registry.connection.flush()
  expect(registry.heartbeats).toEqual([
    expect.objectContaining({ device_id: 'probe-1', online: false, availability: 'offline' }),
  ])
  await polite.stop()
  expect(polite.state).toBe('stopped')
})

test('speaks over a WebSocket', async () => {
  await online('probe-1', { credentials: openCredentials('probe-1', server.wsUrl ?? '') })
  expect(await registry.call('probe-1', 'who_calls')).toHaveProperty('result')
})

test('speaks the fabric dialect', async () => {
  const fabric = await startTestRegistry(server.url, 'fabric')
  await online('probe-1', { dialect: 'fabric' })
  expect(fabric.registrations).toHaveLength(1)
  expect(registry.registrations).toHaveLength(0)
  await fabric.close()
})

test('refuses credentials of another device, and names that would change a subject', () => {
  expect(() => start('probe-1', { credentials: openCredentials('probe-2', server.url) })).toThrow(
    /another device/,
  )
  expect(() => start('probe.1')).toThrow(/device id/)
})
