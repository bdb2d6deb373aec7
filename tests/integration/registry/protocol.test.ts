import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { dialectOf, type DialectName } from '#shared/protocol/dialect.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { openRegistry, type Registry } from '../../../src/main/registry/registry.ts'
import type { RegistryOptions } from '../../../src/main/registry/registry-parts.ts'
import { startNatsServer, type NatsServer } from '../../support/nats-server.ts'
import { RecordingStore } from '../../support/registry-parts.ts'
import { until } from '../../support/until.ts'
import { keepBeating, WireClient } from './wire-device.ts'
import { NEVER } from '#shared/never.ts'

let server: NatsServer
const closing: (() => Promise<unknown> | void)[] = []

beforeAll(async () => {
  server = await startNatsServer()
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
afterAll(() => server.stop())

async function client(root?: string, url = server.url): Promise<WireClient> {
  const opened = await WireClient.open(url, root)
  closing.push(() => opened.close())
  return opened
}

async function serve(
  options: Partial<RegistryOptions> = {},
  url = server.url,
): Promise<{ registry: Registry; store: RecordingStore }> {
  const store = new RecordingStore()
  const registry = await openRegistry(
    { dialect: dialectOf('device-connect'), store, logger: silentLogger(), ...options },
    NEVER,
  )
  const { connection } = await client(undefined, url)
  registry.serve(connection)
  await connection.flush()
  closing.push(() => registry.close())
  return { registry, store }
}

describe.each<DialectName>(['device-connect', 'fabric'])('in the dialect %s', (name) => {
  test('a device registers, is announced, found, beats and goes', async () => {
    const { registry } = await serve({ dialect: dialectOf(name) })
    const device = await client(name)
    const notices = await device.notices('alpha')

    const reply = await device.register('alpha', 'soil-1', { device_ttl: 1 })
    expect(reply).toMatchObject({ jsonrpc: '2.0', id: 'r1', result: { status: 'registered' } })
    await until('online is announced', () => notices.length === 1)
    expect(notices[0]).toMatchObject({
      tenant: 'alpha',
      method: 'device/online',
      deviceId: 'soil-1',
      ts: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    })
    expect(await device.list('alpha')).toEqual(['soil-1'])

    device.beat('alpha', 'soil-1', { battery: 42 })
    await until('the status is merged', async () => {
      const record = await device.record('alpha', 'soil-1')
      return (record?.['status'] as { battery?: number } | undefined)?.battery === 42
    })

    await until('it is offline', () => notices.length === 2)
    expect(notices[1]).toMatchObject({ method: 'device/offline', deviceId: 'soil-1' })
    expect(await device.list('alpha')).toEqual([])
    expect(await device.record('alpha', 'soil-1')).toBeNull()
    expect(registry.stats()).toMatchObject({ devicesKnown: 1, devicesOnline: 0 })
  })
})

test('one connection serves several tenants, each seeing its own', async () => {
  await serve()
  const device = await client()
  const notices = await device.notices('*')
  for (const tenant of ['alpha', 'beta', 'gamma']) await device.register(tenant, 'd')
  await device.register('beta', 'e')
  await until('all are announced', () => notices.length === 4)
  expect(notices.map(({ tenant }) => tenant)).toEqual(['alpha', 'beta', 'gamma', 'beta'])
  expect(await device.list('alpha')).toEqual(['d'])
  expect(await device.list('beta')).toEqual(['d', 'e'])
  expect(await device.list('delta')).toEqual([])
})

test('a registry of named tenants does not listen to others', async () => {
  await serve({ tenants: ['alpha'] })
  const device = await client()
  expect(await device.register('alpha', 'd')).toHaveProperty('result')
  await expect(device.register('beta', 'd')).rejects.toThrow()
})

test('a device that beats unknown is asked to register and is back with its old voice', async () => {
  await serve()
  const device = await client()
  const notices = await device.notices('alpha')
  await device.answerRecovery('alpha', 'd', { device_ttl: 5 })
  device.beat('alpha', 'd')
  await until('it is announced', () => notices.length === 1)
  expect(await device.record('alpha', 'd')).toMatchObject({ device_id: 'd', device_ttl: 5 })
})

test('a device that went offline is back with its next heartbeat', async () => {
  await serve()
  const device = await client()
  const notices = await device.notices('alpha')
  await device.answerRecovery('alpha', 'd', { device_ttl: 1 })
  await device.register('alpha', 'd', { device_ttl: 1 })
  await until('it is offline', () => notices.some(({ method }) => method === 'device/offline'))
  device.beat('alpha', 'd')
  await until('it is online again', () => notices.length === 3)
  expect(notices[2]).toMatchObject({ method: 'device/online' })
})

test('devices that beat stay online, unchanged heartbeats are not written', async () => {
  const { registry, store } = await serve()
  const device = await client()
  const notices = await device.notices('alpha')
  const ids = Array.from({ length: 50 }, (_, index) => `d${index}`)
  await Promise.all(ids.map((id) => device.register('alpha', id, { device_ttl: 1 })))
  await until('all are written', () => store.batches.flat().length === 50)
  closing.push(keepBeating(device, 'alpha', ids, 100))
  await until('each beat forty times', () => registry.stats().heartbeats >= 2000)
  expect(notices.filter(({ method }) => method === 'device/offline')).toEqual([])
  expect(store.batches.flat().length).toBe(50)
  expect(registry.stats()).toMatchObject({ storeRows: 50, heartbeatsChanged: 0 })
})

test('requests without a reply subject are ignored, malformed ones answered or dropped', async () => {
  const { registry } = await serve()
  const { connection } = await client()
  const at = 'device-connect.alpha'
  connection.publish(`${at}.registry`, JSON.stringify({ method: 'registerDevice' }))
  connection.publish(`${at}.discovery`, '{')
  connection.publish(`${at}.d.heartbeat`, 'not json')
  connection.publish(`${at}.d.heartbeat`, new Uint8Array(100_000))
  connection.publish(`${at}.d.heartbeat`, '{"device_id":"a b","ts":1}')
  connection.publish('device-connect.*.>.heartbeat', '{}')
  connection.publish('device-connect.a\u0001b.d.heartbeat', '{}')
  await connection.flush()
  await until('all were seen', () => registry.stats().heartbeats === 5)
  expect(registry.stats()).toMatchObject({
    registrationsRefused: 0,
    discoveryRequests: 0,
    malformed: 1,
    oversize: 1,
    misattributed: 1,
    unsafeNames: 2,
    recoveriesAsked: 0,
  })
  const reply = await connection.request(`${at}.registry`, '{')
  expect(reply.json()).toMatchObject({ id: null, error: { code: -32602 } })
})

test('pages shrink below the max_payload that the server announces', async () => {
  const small = await startNatsServer({ config: 'max_payload: 16384\n' })
  closing.push(() => small.stop())
  await serve({}, small.url)
  const device = await client(undefined, small.url)
  const ids = Array.from({ length: 30 }, (_, index) => `d${String(index).padStart(2, '0')}`)
  for (const id of ids) {
    expect(await device.register('alpha', id, { padding: 'x'.repeat(2000) })).toHaveProperty(
      'result',
    )
  }
  const walked: unknown[] = []
  for (let offset: number | null = 0; offset !== null;) {
    const params = { limit: 200, offset }
    const reply = await device.rpc('alpha.discovery', 'discovery/listDevices', params)
    const result = reply['result'] as {
      devices: { device_id: string }[]
      next_offset: number | null
      total_matched: number
    }
    expect(result.total_matched).toBe(30)
    expect(result.devices.length).toBeLessThan(8)
    walked.push(...result.devices.map(({ device_id }) => device_id))
    offset = result.next_offset
  }
  expect(walked).toEqual(ids)
  const whole = await device.rpc('alpha.discovery', 'discovery/listDevices')
  expect(whole).toMatchObject({ error: { code: -32602 } })
  const large = await device.register('alpha', 'large', { padding: 'x'.repeat(15_500) })
  expect(large).toMatchObject({ error: { code: -32602 } })
})

test('pages asked for at the same time, again and again, never mix', async () => {
  await serve()
  const device = await client()
  const idOf = (index: number) => `d${String(index).padStart(2, '0')}`
  const paddingOf = (deviceId: string) => deviceId.repeat(2000)
  for (let index = 0; index < 60; index += 1) {
    await device.register('alpha', idOf(index), { padding: paddingOf(idOf(index)) })
  }
  const page = async (offset: number, limit: number) => {
    const params = { limit, offset }
    const reply = await device.rpc('alpha.discovery', 'discovery/listDevices', params)
    const { devices } = reply['result'] as { devices: { device_id: string; padding: string }[] }
    const ids = Array.from({ length: limit }, (_, index) => idOf(offset + index))
    expect(devices.map(({ device_id }) => device_id)).toEqual(ids)
    expect(devices.every(({ device_id, padding }) => padding === paddingOf(device_id))).toBe(true)
  }
  for (let round = 0; round < 10; round += 1) {
    const offsets = Array.from({ length: 30 }, (_, index) => (index * 7 + round) % 30)
    await Promise.all(offsets.map((offset) => page(offset, 20 + (offset % 10))))
  }
})

test('two registries share the requests, and both hear the heartbeats', async () => {
  const first = await serve()
  const second = await serve()
  const device = await client()
  const ids = Array.from({ length: 40 }, (_, index) => `d${index}`)
  await Promise.all(ids.map((id) => device.register('alpha', id)))
  const shares = [first, second].map(({ registry }) => registry.stats().registrations)
  expect(shares[0]! + shares[1]!).toBe(40)
  for (const id of ids) device.beat('alpha', id)
  await until('both heard all', () =>
    [first, second].every(({ registry }) => registry.stats().heartbeats === 40),
  )
})

test('devices that fall silent while the server is gone have a ttl after its return', async () => {
  const fragile = await startNatsServer()
  const { registry } = await serve({}, fragile.url)
  const device = await client(undefined, fragile.url)
  await device.register('alpha', 'd', { device_ttl: 1 })
  await fragile.kill9()
  await new Promise((resolve) => setTimeout(resolve, 2500))
  expect(registry.stats().devicesOnline).toBe(1)
  const again = await startNatsServer({ port: fragile.port })
  closing.push(() => again.stop())
  const returned = await client(undefined, again.url)
  await until('the registry answers again', async () => {
    const asked = returned.list('alpha').catch(() => undefined)
    return (await asked)?.includes('d') === true
  })
  await until('it is offline', () => registry.stats().wentOffline === 1)
})
