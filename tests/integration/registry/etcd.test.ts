import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { EtcdGateway } from '../../support/etcd-gateway.ts'
import { startEtcd, type EtcdServer } from '../../support/etcd-server.ts'
import { startNatsServer, type NatsServer } from '../../support/nats-server.ts'
import { until } from '../../support/until.ts'
import { startEtcdRegistry, type EtcdRegistry } from './etcd-registry.ts'
import { WireClient } from './wire-device.ts'

const run = promisify(execFile)

let nats: NatsServer
let etcd: EtcdServer
let gateway: EtcdGateway
let client: WireClient
const running: EtcdRegistry[] = []

beforeAll(async () => {
  nats = await startNatsServer()
  etcd = await startEtcd()
  gateway = new EtcdGateway(etcd.url)
  client = await WireClient.open(nats.url)
})
afterEach(async () => {
  for (const registry of running.splice(0)) await registry.close()
  await gateway.clear('/device-connect/')
  await gateway.clear('/muster/')
})
afterAll(async () => {
  await client.close()
  await etcd.stop()
  await nats.stop()
})

async function start(): Promise<EtcdRegistry> {
  const registry = await startEtcdRegistry({ natsUrl: nats.url, endpoints: [etcd.url] })
  running.push(registry)
  return registry
}

const recordKey = (deviceId: string) => `/device-connect/site/devices/${deviceId}`
const records = () => gateway.range('/device-connect/site/devices/')

test('a registered device stands in etcd, whole, when its registration is confirmed', async () => {
  await start()
  const reply = await client.register('site', 'soil-1', {
    attestation: { quote: 'x' },
    further: [1],
  })
  const { device_registration_id: id } = reply['result'] as { device_registration_id: string }
  const { stdout } = await run(
    'etcdctl',
    [`--endpoints=${etcd.url}`, 'get', '--print-value-only', recordKey('soil-1')],
    { env: { ...process.env, ETCDCTL_API: '3' } },
  )
  expect(JSON.parse(stdout)).toMatchObject({
    device_id: 'soil-1',
    device_ttl: 15,
    attestation: { quote: 'x' },
    further: [1],
    identity: { serial: 7 },
    status: { battery: 80, location: 'greenhouse' },
    registry: { device_registration_id: id },
  })
})

test('unchanged heartbeats move no revision, changed ones are written once', async () => {
  await start()
  await client.register('site', 'soil-1')
  client.beat('site', 'soil-1', { battery: 80 })
  await client.record('site', 'soil-1')
  const before = await gateway.revision()
  for (let beat = 0; beat < 500; beat += 1) client.beat('site', 'soil-1', { battery: 80 })
  await client.record('site', 'soil-1')
  expect(await gateway.revision()).toBe(before)
  for (let beat = 0; beat < 100; beat += 1) client.beat('site', 'soil-1', { battery: beat })
  await until('the last value to be in etcd', async () => {
    const text = (await records()).get(recordKey('soil-1')) ?? '{}'
    return (JSON.parse(text) as { status?: { battery?: number } }).status?.battery === 99
  })
  expect((await gateway.revision()) - before).toBeLessThan(5)
})

test('a registry that starts finds the devices, and those offline with their last state', async () => {
  const first = await start()
  await client.register('site', 'stays', { device_ttl: 60 })
  await client.register('site', 'goes', { device_ttl: 1 })
  const heard = await client.notices('site')
  await until('one to go', () => heard.length > 0)
  expect(heard).toMatchObject([{ deviceId: 'goes', method: 'device/offline' }])
  expect([...(await records()).keys()]).toEqual([recordKey('stays')])
  await first.close()

  const second = await start()
  expect(await client.list('site')).toEqual(['stays'])
  const known = [...second.registry.devices()].map(({ deviceId, online }) => [deviceId, online])
  expect(new Map(known as [string, boolean][])).toEqual(
    new Map([
      ['stays', true],
      ['goes', false],
    ]),
  )
  const record = JSON.parse(second.registry.record('site', 'goes') ?? '{}') as object
  expect(record).toMatchObject({ device_id: 'goes', status: { battery: 80 } })
  expect(second.registry.forget('site', 'goes')).toBe('forgotten')
  await until(
    'it to be forgotten',
    async () => (await gateway.count('/muster/registry/device-connect/offline/')) === 0,
  )
})

test('when a device was seen last outlives a restart in good order', async () => {
  const seenOf = ({ registry }: EtcdRegistry) =>
    [...registry.devices()].map(({ deviceId, lastSeenEpochMs, sinceEpochMs }) => [
      deviceId,
      lastSeenEpochMs,
      sinceEpochMs,
    ])
  const first = await start()
  await client.register('site', 'd', { device_ttl: 60 })
  const seen = seenOf(first)
  expect(seen).toEqual([['d', expect.any(Number), expect.any(Number)]])
  await first.close()

  const second = await start()
  expect(seenOf(second)).toEqual(seen)
  await second.close()
  // One note, however often a registry stops.
  expect(await gateway.count('/muster/registry/device-connect/seen/')).toBe(1)
})
