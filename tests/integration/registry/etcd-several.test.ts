import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { EtcdGateway } from '../../support/etcd-gateway.ts'
import { startEtcd, type EtcdServer } from '../../support/etcd-server.ts'
import { startNatsServer, type NatsServer } from '../../support/nats-server.ts'
import { until } from '../../support/until.ts'
import { startEtcdRegistry, type EtcdRegistry } from './etcd-registry.ts'
import { keepBeating, WireClient, type Notice } from './wire-device.ts'

const RECORDS = '/device-connect/site/devices/'
const OFFLINE = '/muster/registry/device-connect/offline/site/'

let nats: NatsServer
let etcd: EtcdServer
let gateway: EtcdGateway
let client: WireClient
let registries: EtcdRegistry[] = []
const stopping: (() => void)[] = []

beforeAll(async () => {
  nats = await startNatsServer()
  etcd = await startEtcd()
  gateway = new EtcdGateway(etcd.url)
})
afterEach(async () => {
  for (const stop of stopping.splice(0)) stop()
  await Promise.all(registries.splice(0).map((registry) => registry.close()))
  await client.close()
  await gateway.clear('/device-connect/')
  await gateway.clear('/muster/')
})
afterAll(async () => {
  await etcd.stop()
  await nats.stop()
})

async function start(): Promise<EtcdRegistry> {
  return startEtcdRegistry({ natsUrl: nats.url, endpoints: [etcd.url], killable: true })
}

/** Registries that know of each other, and what is announced from now on. */
async function startSeveral(count: number): Promise<Notice[]> {
  client = await WireClient.open(nats.url)
  registries = await Promise.all(Array.from({ length: count }, start))
  await allKnowEachOther()
  return client.notices('site')
}

async function allKnowEachOther(): Promise<void> {
  await until('all to know each other', () =>
    registries.every(({ store }) => store.health().instances === registries.length),
  )
}

async function register(ids: readonly string[], changes = {}): Promise<void> {
  await Promise.all(ids.map((id) => client.register('site', id, changes)))
}

function beat(ids: readonly string[], everyMs = 300): () => void {
  const stop = keepBeating(client, 'site', ids, everyMs)
  stopping.push(stop)
  return stop
}

const named = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`)
const offlineOf = (notices: readonly Notice[]) =>
  notices.filter(({ method }) => method === 'device/offline').map(({ deviceId }) => deviceId)
const onlineAt = ({ registry }: EtcdRegistry) =>
  [...registry.devices()].filter(({ online }) => online).map(({ deviceId }) => deviceId)
const everywhere = (ids: readonly string[]) => () =>
  registries.every((registry) => sorted(onlineAt(registry)).join() === sorted(ids).join())
const sorted = (ids: readonly string[]) => ids.toSorted()

test('all of several registries know a device, and one of them writes what changes', async () => {
  await startSeveral(3)
  const ids = named('d', 60)
  await register(ids, { device_ttl: 60 })
  await until('all to know all', everywhere(ids))
  const before = await gateway.revision()
  for (const id of ids) client.beat('site', id, { battery: 7 })
  const written = async () =>
    [...(await gateway.range(RECORDS)).values()].filter((text) => text.includes('"battery":7'))
  await until('all to be written', async () => (await written()).length === 60)
  await until('all to have the status', () =>
    registries.every(({ registry }) =>
      ids.every((id) => registry.record('site', id)?.includes('"battery":7') === true),
    ),
  )
  // A transaction is one revision: three registries with a part each, perhaps two turns.
  expect((await gateway.revision()) - before).toBeLessThanOrEqual(6)
  const leases = registries[0]?.store.health().leases ?? 0
  expect(leases).toBeGreaterThan(0)
  expect(leases).toBeLessThanOrEqual(3)
})

test('devices that fall silent are announced once each, and their last state is kept', async () => {
  const notices = await startSeveral(3)
  const silent = named('silent', 200)
  const alive = named('alive', 20)
  await register(silent, { device_ttl: 1 })
  await register(alive, { device_ttl: 60 })
  beat(alive)
  await until('all silent ones to be announced', () => offlineOf(notices).length >= 200)
  await until('all to be noted', async () =>
    [...(await gateway.range(OFFLINE)).values()].every((text) => text.includes('"record"')),
  )
  await until('all registries to know', everywhere(alive))
  expect(sorted(offlineOf(notices))).toEqual(sorted(silent))
  expect(await gateway.count(OFFLINE)).toBe(200)
  expect(await gateway.count(RECORDS)).toBe(20)
})

test('a record that is deleted by hand is gone everywhere, and its device comes back by itself', async () => {
  const notices = await startSeveral(2)
  await client.answerRecovery('site', 'soil-1', { device_ttl: 60 })
  await register(['soil-1', 'soil-2'], { device_ttl: 60 })
  await until('all to know both', everywhere(['soil-1', 'soil-2']))
  await gateway.clear(`${RECORDS}soil-1`)
  await until('it to be gone', everywhere(['soil-2']))
  await until('that to be announced', () => offlineOf(notices).length > 0)
  expect(offlineOf(notices)).toEqual(['soil-1'])
  client.beat('site', 'soil-1')
  await until('it to be back', everywhere(['soil-1', 'soil-2']))
  const online = () => notices.filter(({ method }) => method === 'device/online')
  await until('it to be announced again', () => online().length === 3)
  expect(sorted(online().map(({ deviceId }) => deviceId))).toEqual(['soil-1', 'soil-1', 'soil-2'])
  expect(await gateway.count(OFFLINE)).toBe(0)
})

test('a record that is put by hand is known everywhere', async () => {
  await startSeveral(2)
  const record = { device_id: 'by-hand', device_ttl: 60, identity: { device_type: 'lamp' } }
  await gateway.putAll([[`${RECORDS}by-hand`, JSON.stringify(record)]])
  await gateway.putAll([[`${RECORDS}nonsense`, '[1, 2']])
  await until('all to know it', everywhere(['by-hand']))
  expect(await client.record('site', 'by-hand')).toMatchObject(record)
})

test('a registry that dies takes no device along; the others announce what it left', async () => {
  const notices = await startSeveral(3)
  const alive = named('alive', 40)
  const silent = named('silent', 40)
  await register(alive, { device_ttl: 60 })
  await register(silent, { device_ttl: 3 })
  beat([...alive, ...silent])
  await until('all to know all', everywhere([...alive, ...silent]))
  await registries.pop()?.drop()
  stopping.splice(0).forEach((stop) => stop())
  beat(alive)
  await until('all silent ones to be announced', () => offlineOf(notices).length >= 40)
  await until('all registries to know', everywhere(alive))
  expect(sorted(offlineOf(notices))).toEqual(sorted(silent))
  expect(await gateway.count(RECORDS)).toBe(40)
})

test('a rolling restart loses no device and announces nothing', async () => {
  const notices = await startSeveral(2)
  const ids = named('d', 40)
  await register(ids, { device_ttl: 5 })
  const announced = notices.length
  beat(ids)
  for (let turn = 0; turn < 2; turn += 1) {
    await registries.shift()?.close()
    registries.push(await start())
    await allKnowEachOther()
    expect(await client.list('site')).toEqual(sorted(ids))
  }
  expect(notices.slice(announced)).toEqual([])
  expect(await gateway.count(OFFLINE)).toBe(0)
})

test('records whose lease expired are put again, since their devices live', async () => {
  const notices = await startSeveral(2)
  const ids = named('d', 20)
  await register(ids, { device_ttl: 60 })
  await until('all to know all', everywhere(ids))
  await gateway.revokeLeases()
  await until('all to be back', async () => (await gateway.count(RECORDS)) === 20)
  await until('all to know all', everywhere(ids))
  expect(offlineOf(notices)).toEqual([])
})
