import { connect, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { DeviceEvent, EventsUpdate } from '#shared/contract/events.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'
import { EventsService } from '../../../src/main/events/events-service.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { startNatsServer, type NatsServer } from '../../support/nats-server.ts'
import { until } from '../../support/until.ts'
import { TestConnections } from '../rpc/tenant-connections.ts'

let server: NatsServer
let devices: NatsConnection
let connections: TestConnections
let service: EventsService

beforeAll(async () => {
  server = await startNatsServer()
  devices = await connect({ servers: server.url })
})
afterAll(async () => {
  await devices.close()
  await server.stop()
})
beforeEach(async () => {
  connections = new TestConnections()
  await connections.open(server.url)
  service = open()
})
afterEach(async () => {
  service.close()
  await connections.close()
})

function open(options: { keepUnwatchedMs?: number } = {}) {
  return new EventsService({
    connections,
    dialect: () => dialectOf('device-connect'),
    log: silentLogger(),
    ...options,
  })
}

/** Watches, and waits until the server knows of the subscription. */
async function watch(deviceId: string | null = null, tenant = 'alpha') {
  const updates: EventsUpdate[] = []
  const stop = service.watch(tenant, deviceId)((update) => void updates.push(update))
  await connections.current?.flush()
  const deltas = () =>
    updates.flatMap((update) => (update.type === 'events' ? update.events : ([] as DeviceEvent[])))
  const dropped = () =>
    updates.reduce((sum, update) => sum + (update.type === 'events' ? update.dropped : 0), 0)
  return { updates, stop, deltas, dropped }
}

/** Breaks the connection and waits until it is back. */
async function reconnected(connection: NatsConnection | undefined): Promise<void> {
  if (connection === undefined) return
  const statuses = connection.status()
  await connection.reconnect()
  for await (const { type } of statuses) if (type === 'reconnect') break
  await connection.flush()
}

const emit = (device: string, name: string, payload: unknown, tenant = 'alpha') =>
  devices.publish(
    `device-connect.${tenant}.${device}.event.${name}`,
    typeof payload === 'string' ? payload : JSON.stringify(payload),
  )

test('an event arrives with tenant, device and name of its subject, and its params', async () => {
  const { updates, deltas } = await watch()
  expect(updates).toEqual([{ type: 'snapshot', events: [] }])
  emit('sensor-1', 'dry', {
    jsonrpc: '2.0',
    method: 'event/something-else',
    params: { level: 0.2, tenant: 'beta', device_id: 'sensor-9' },
  })
  await until('the event', () => deltas().length === 1)
  expect(deltas()[0]).toEqual({
    sequence: 1,
    tenant: 'alpha',
    deviceId: 'sensor-1',
    name: 'dry',
    at: expect.stringMatching(/Z$/),
    payload: '{"level":0.2,"tenant":"beta","device_id":"sensor-9"}',
    truncated: false,
  })
})

test('one device can be watched alone, and other tenants are never heard', async () => {
  const one = await watch('sensor-1')
  const all = await watch()
  emit('sensor-1', 'a', { params: 1 })
  emit('sensor-2', 'b', { params: 2 })
  emit('sensor-1', 'c', { params: 3 }, 'beta')
  await until('both events', () => all.deltas().length === 2)
  expect(one.deltas().map(({ name }) => name)).toEqual(['a'])
})

test('what is no JSON-RPC arrives as text, and an asynchronous reply as a whole', async () => {
  const { deltas } = await watch()
  emit('sensor-1', 'raw', 'not json <b>')
  emit('sensor-1', 'async_reply.42', { correlation_id: '42', success: true })
  await until('both', () => deltas().length === 2)
  expect(deltas().map(({ name, payload }) => [name, payload])).toEqual([
    ['raw', 'not json <b>'],
    ['async_reply.42', '{"correlation_id":"42","success":true}'],
  ])
})

test('large payloads are cut at 16 KiB between two characters', async () => {
  const { deltas } = await watch()
  emit('sensor-1', 'big', { params: 'ä'.repeat(20_000) })
  emit('sensor-1', 'huge', { params: 'x'.repeat(900_000) })
  await until('both', () => deltas().length === 2)
  for (const { payload, truncated } of deltas()) {
    expect(truncated).toBe(true)
    expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(16 * 1024)
    expect(Buffer.byteLength(payload)).toBeGreaterThan(16 * 1024 - 4)
    expect(payload).not.toContain('\ufffd')
  }
})

test('who comes later gets the newest thousand events, oldest first, and each event once', async () => {
  const first = await watch()
  for (let index = 1; index <= 1_500; index += 1) emit('sensor-1', 'tick', { params: index })
  await devices.flush()
  await until('the last one', () => first.deltas().at(-1)?.payload === '1500')
  const second = await watch()
  const [snapshot] = second.updates
  const held = snapshot?.type === 'snapshot' ? snapshot.events : []
  expect(held).toHaveLength(1_000)
  expect(held[0]?.payload).toBe('501')
  emit('sensor-1', 'tick', { params: 'new' })
  await until('the new one', () => second.deltas().length === 1)
  expect(second.deltas()[0]?.sequence).toBe(1_501)
})

test('a flood is told in few batches, bounded, with what was dropped', async () => {
  const { updates, deltas, dropped } = await watch()
  const quiet = await watch('sensor-2')
  const total = 20_000
  const startedAt = performance.now()
  for (let index = 0; index < total; index += 1) emit('sensor-1', 'tick', { params: index })
  emit('sensor-1', 'last', { params: 'last' })
  await devices.flush()
  await until('the last one', () => deltas().at(-1)?.name === 'last')
  const tenths = Math.ceil((performance.now() - startedAt) / 100)
  const batches = updates.filter(({ type }) => type === 'events')
  expect(batches.length).toBeLessThanOrEqual(tenths + 1)
  expect(batches.every((update) => update.events.length <= 1_000)).toBe(true)
  expect(deltas().length + dropped()).toBe(total + 1)
  const sequences = deltas().map(({ sequence }) => sequence)
  expect(sequences).toEqual(sequences.toSorted((left, right) => left - right))
  expect(quiet.updates).toHaveLength(1)
})

test('listens again over a new connection, and goes on over a reconnect', async () => {
  const { deltas } = await watch()
  await connections.open(server.url)
  await connections.current?.flush()
  emit('sensor-1', 'a', {})
  await until('the first', () => deltas().length === 1)
  await reconnected(connections.current)
  emit('sensor-1', 'b', {})
  await until('the second', () => deltas().length === 2)
})

test('waits for a connection where there is none yet', async () => {
  await connections.close()
  const { deltas } = await watch()
  await connections.open(server.url)
  await connections.current?.flush()
  emit('sensor-1', 'a', {})
  await until('the event', () => deltas().length === 1)
})

test('an unwatched feed keeps its events for a while, then is closed', async () => {
  service.close()
  service = open({ keepUnwatchedMs: 100 })
  const first = await watch()
  emit('sensor-1', 'a', {})
  await until('the event', () => first.deltas().length === 1)
  first.stop()
  first.stop()
  const back = await watch()
  expect(back.updates[0]).toMatchObject({ events: [{ name: 'a' }] })
  back.stop()
  await until('the feed is closed', () => connections.watched === 0)
  const later = await watch()
  expect(later.updates[0]).toEqual({ type: 'snapshot', events: [] })
})

test('another mesh begins with nothing', async () => {
  const { updates, deltas } = await watch()
  emit('sensor-1', 'a', {})
  await until('the event', () => deltas().length === 1)
  service.reset()
  expect(updates.at(-1)).toEqual({ type: 'snapshot', events: [] })
})

test('a tenant that is no single name is refused', () => {
  expect(() => service.watch('alpha.>', null)).toThrow(
    expect.objectContaining({ code: 'NAME_UNSAFE' }),
  )
})
