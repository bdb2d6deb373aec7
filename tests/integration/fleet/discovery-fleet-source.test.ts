import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FleetDevice, FleetUpdate } from '#shared/contract/fleet.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'
import type { JsonObject } from '#shared/protocol/json-rpc.ts'
import { parseSelector } from '#shared/protocol/selectors.ts'
import { DiscoveryFleetSource } from '../../../src/main/fleet/discovery-fleet-source.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { openRegistry, type Registry } from '../../../src/main/registry/registry.ts'
import { openSqliteStore, type SqliteStore } from '../../../src/main/registry/sqlite-store.ts'
import { startNatsServer, type NatsServer } from '../../support/nats-server.ts'
import { until } from '../../support/until.ts'
import { WireClient } from '../registry/wire-device.ts'
import { TestConnections } from '../rpc/tenant-connections.ts'
import { NEVER } from '#shared/never.ts'

const TENANT = 'alpha'
let server: NatsServer
let connections: TestConnections
let wire: WireClient
let source: DiscoveryFleetSource
/** The fleet as somebody who applies every update has it. */
let fleet: Map<string, FleetDevice>
let updates: FleetUpdate[]
let stale: boolean

beforeEach(async () => {
  server = await startNatsServer()
  connections = new TestConnections()
  wire = await WireClient.open(server.url)
})
afterEach(async () => {
  source.close()
  await connections.close()
  await wire.connection.close()
  await server.stop()
})

async function openSource(options: { requestTimeoutMs?: number } = {}) {
  await connections.open(server.url, { maxReconnectAttempts: -1 })
  source = new DiscoveryFleetSource({
    tenant: TENANT,
    connections,
    dialect: dialectOf('device-connect'),
    log: silentLogger(),
    ...options,
  })
  fleet = new Map()
  updates = []
  source.subscribe((update) => {
    updates.push(update)
    stale = update.stale
    if (update.type === 'snapshot') fleet = new Map()
    const upserted = update.type === 'snapshot' ? update.devices : update.upserted
    for (const device of upserted) fleet.set(device.deviceId, device)
    if (update.type === 'changed') {
      for (const { deviceId } of update.removed) fleet.delete(deviceId)
    }
  })
}

const state = (deviceId: string) => fleet.get(deviceId)?.state

describe('with a registry that keeps to the protocol', () => {
  let folder: string
  let store: SqliteStore
  let registry: Registry
  let registryConnection: NatsConnection

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'muster-fleet-'))
    store = openSqliteStore(join(folder, 'registry.db'))
    registry = await openRegistry(
      { dialect: dialectOf('device-connect'), store, logger: silentLogger() },
      NEVER,
    )
    registryConnection = await connect({
      servers: server.url,
      reconnectTimeWait: 50,
      maxReconnectAttempts: -1,
    })
    registry.serve(registryConnection)
    await registryConnection.flush()
  })
  afterEach(async () => {
    await registry.close()
    await registryConnection.close()
    await store.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('reads the devices that are there, and follows those that come and go', async () => {
    await wire.register(TENANT, 'pump-1', {
      identity: { device_type: 'pump', model: 'P<1>\u0007' },
      status: { ts: 'x', location: 'Hall', battery: 71 },
    })
    await openSource()
    await until('the first reading', () => !stale)
    expect(fleet.get('pump-1')).toMatchObject({
      tenant: TENANT,
      deviceType: 'pump',
      model: 'P<1>',
      location: 'Hall',
      battery: 71,
      state: 'online',
      registeredAt: expect.stringMatching(/Z$/),
    })
    const select = (text: string) => source.select(parseSelector(text), text, null, 10, NEVER)
    expect(await select('device(type:pump,location:Hall)')).toEqual([
      { tenant: TENANT, deviceId: 'pump-1' },
    ])
    expect(await select('device(location:hall)')).toEqual([])
    expect(await select('function(nothing)')).toEqual([])
    // What a registry elsewhere does not tell is observed here.
    expect(fleet.get('pump-1')?.presence).toBeNull()
    wire.beat(TENANT, 'pump-1', { ts: Date.now() / 1000 - 40 })
    await until('its clock is told', () => {
      const skewMs = fleet.get('pump-1')?.presence?.skewMs ?? 0
      return skewMs < -39_000 && skewMs > -60_000
    })
    await wire.register(TENANT, 'pump-2', { device_ttl: 1 })
    await until('the second is online', () => state('pump-2') === 'online')
    await until('it is offline after its TTL', () => state('pump-2') === 'offline')
    expect(state('pump-1')).toBe('online')
  })

  test('heartbeats move "last seen", and the status where they change it', async () => {
    await wire.register(TENANT, 'pump-1', { status: { ts: 'x', location: 'Hall' } })
    await openSource()
    await until('the first reading', () => !stale)
    // The first two are news: that it is heard, and how often.
    const read = updates.length
    for (let beat = 0; beat < 3; beat += 1) wire.beat(TENANT, 'pump-1')
    await until('the beats', () => updates.length === read + 3)
    const beats = updates.flatMap((update) => (update.type === 'changed' ? update.beats : []))
    expect(beats.length).toBeGreaterThan(0)
    const before = updates.length
    wire.beat(TENANT, 'pump-1', { battery: 12 })
    await until('the battery', () => fleet.get('pump-1')?.battery === 12)
    expect(updates).toHaveLength(before + 1)
    expect(fleet.get('pump-1')?.location).toBe('Hall')
    wire.beat(TENANT, 'nobody', { battery: 1 })
    wire.connection.publish(`device-connect.${TENANT}.pump-1.heartbeat`, 'no json')
    await wire.connection.flush()
    expect(fleet.has('nobody')).toBe(false)
  })

  test('a fleet of several pages arrives whole', async () => {
    const ids = Array.from({ length: 450 }, (_, index) => `d-${String(index).padStart(3, '0')}`)
    await Promise.all(ids.map((id) => wire.register(TENANT, id)))
    await openSource()
    await until('the first reading', () => !stale)
    expect([...fleet.keys()].toSorted()).toEqual(ids)
  })

  test('asks for a record, and forgets only from its own list', async () => {
    await wire.register(TENANT, 'pump-1')
    await openSource()
    await until('the first reading', () => !stale)
    const address = { tenant: TENANT, deviceId: 'pump-1' }
    expect(await source.record(address, NEVER)).toMatchObject({ device_id: 'pump-1' })
    expect(await source.record({ ...address, deviceId: 'x' }, NEVER)).toBeNull()
    expect(await source.record({ ...address, tenant: 'beta' }, NEVER)).toBeNull()
    await source.forget(address)
    expect(fleet.has('pump-1')).toBe(false)
  })

  test('reads everything again after a reconnect; what went meanwhile is offline', async () => {
    await wire.register(TENANT, 'stays')
    await wire.register(TENANT, 'goes', { device_ttl: 1 })
    await openSource()
    await until('the first reading', () => !stale)
    const { port } = server
    await server.kill9()
    await until('the fleet is stale', () => stale)
    expect(state('stays')).toBe('online')
    server = await startNatsServer({ port })
    await until('it is read again', () => !stale)
    await until('the one that went is offline', () => state('goes') === 'offline')
    expect(state('stays')).toBe('online')
  })
})

describe('with a registry that does not', () => {
  type Answer = (method: string, params: JsonObject) => unknown

  /** A registry by hand: returns the result, throws for a JSON-RPC error, undefined is silence. */
  async function answerDiscovery(answer: Answer) {
    const subscription = wire.connection.subscribe(`device-connect.${TENANT}.discovery`, {
      callback: (_error, message) => {
        const { id, method, params } = message.json<JsonObject>()
        try {
          const result = answer(String(method), params as JsonObject)
          if (result !== undefined) message.respond(JSON.stringify({ jsonrpc: '2.0', id, result }))
        } catch (error) {
          const failure = { code: -32000, message: String(error) }
          message.respond(JSON.stringify({ jsonrpc: '2.0', id, error: failure }))
        }
      },
    })
    await wire.connection.flush()
    return subscription
  }

  const record = (deviceId: unknown) => ({ device_id: deviceId, device_ttl: 15 })

  test('is asked again and again until it answers', async () => {
    await openSource()
    await until('it was asked', () => updates.length > 0)
    expect(stale).toBe(true)
    await answerDiscovery(() => ({ devices: [record('a')], next_offset: null, total_matched: 1 }))
    await until('the first reading', () => !stale)
    expect(state('a')).toBe('online')
  })

  test.each<[string, Answer]>([
    [
      'refuses',
      () => {
        throw new Error('no')
      },
    ],
    ['answers without devices', () => ({})],
    ['has pages that do not advance', () => ({ devices: [], next_offset: 0, total_matched: 9 })],
  ])('one that %s leaves the fleet stale, and harms nothing', async (_what, answer) => {
    let asked = 0
    const subscription = await answerDiscovery((method, params) => {
      asked += 1
      return answer(method, params)
    })
    await openSource()
    await until('it was asked', () => asked > 0)
    expect(stale).toBe(true)
    expect(fleet.size).toBe(0)
    subscription.unsubscribe()
  })

  test('names that are none are left out', async () => {
    const devices = [record('ok'), record('a.b'), record(7), record('*'), 'x', null, record('ok')]
    await answerDiscovery(() => ({ devices, next_offset: null, total_matched: devices.length }))
    await openSource()
    await until('the first reading', () => !stale)
    expect([...fleet.keys()]).toEqual(['ok'])
  })

  test('one without paging gives the whole fleet at once', async () => {
    await answerDiscovery(() => ({ devices: [record('a'), record('b')] }))
    await openSource()
    await until('the first reading', () => !stale)
    expect(fleet.size).toBe(2)
  })

  test('pages whose answer gets lost are asked for in smaller ones', async () => {
    const limits: unknown[] = []
    await answerDiscovery((method, { limit, offset }) => {
      if (method !== 'discovery/listDevices') return { device: null }
      limits.push(limit)
      if (Number(limit) > 40) return undefined
      const start = Number(offset)
      const ids = Array.from({ length: 100 }, (_, index) => record(`d-${index}`))
      const end = start + Number(limit)
      return {
        devices: ids.slice(start, end),
        next_offset: end < 100 ? end : null,
        total_matched: 100,
      }
    })
    await openSource({ requestTimeoutMs: 200 })
    await until('the first reading', () => !stale)
    expect(fleet.size).toBe(100)
    expect(limits).toEqual([200, 40, 40, 40])
  })

  test('a fleet that changes between two pages is read again', async () => {
    let readings = 0
    await answerDiscovery((method, { offset }) => {
      if (method !== 'discovery/listDevices') return { device: null }
      if (offset === 0) {
        readings += 1
        return { devices: [record('a')], next_offset: 1, total_matched: readings === 1 ? 3 : 2 }
      }
      // In the first reading `a` went between the pages, so `b` slipped onto the first one.
      return {
        devices: readings === 1 ? [] : [record('b')],
        next_offset: null,
        total_matched: 2,
      }
    })
    await openSource()
    await until('the first reading', () => !stale)
    expect(readings).toBe(2)
    expect([...fleet.keys()].toSorted()).toEqual(['a', 'b'])
  })

  test('what it announces while it is read is not overwritten by an older page', async () => {
    let answered = false
    await answerDiscovery((method) => {
      if (method === 'discovery/getDevice') return { device: null }
      if (!answered) {
        answered = true
        const params = { device_id: 'a', ts: '2026-01-01T00:00:00Z' }
        const offline = { jsonrpc: '2.0', method: 'device/offline', params }
        wire.connection.publish(`device-connect.${TENANT}.device.offline`, JSON.stringify(offline))
      }
      return { devices: [record('a'), record('b')], next_offset: null, total_matched: 2 }
    })
    await openSource()
    await until('the first reading', () => !stale && state('b') === 'online')
    expect(state('a')).not.toBe('online')
  })
})
