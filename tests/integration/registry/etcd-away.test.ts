import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { EtcdGateway } from '../../support/etcd-gateway.ts'
import { startEtcd, type EtcdServer } from '../../support/etcd-server.ts'
import { freeTcpPort } from '../../support/free-tcp-port.ts'
import { startNatsServer, type NatsServer } from '../../support/nats-server.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { until } from '../../support/until.ts'
import { startEtcdRegistry, type EtcdRegistry } from './etcd-registry.ts'
import { keepBeating, WireClient } from './wire-device.ts'

const RECORDS = '/device-connect/site/devices/'
const OFFLINE = '/muster/registry/device-connect/offline/site/'

const closing: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

function ended<T>(thing: T, end: (thing: T) => Promise<unknown> | void): T {
  closing.push(() => end(thing))
  return thing
}

interface World {
  readonly nats: NatsServer
  readonly etcd: EtcdServer
  readonly gateway: EtcdGateway
  readonly client: WireClient
  readonly start: (endpoints?: readonly string[]) => Promise<EtcdRegistry>
  readonly beat: (ids: readonly string[], everyMs?: number) => () => void
}

async function openWorld(quotaBytes?: number): Promise<World> {
  const nats = ended(await startNatsServer(), (it) => it.stop())
  const etcd = await startEtcd(quotaBytes === undefined ? {} : { quotaBytes })
  ended(etcd, (it) => it.stop())
  const client = ended(await WireClient.open(nats.url), (it) => it.close())
  return {
    nats,
    etcd,
    gateway: new EtcdGateway(etcd.url),
    client,
    start: async (endpoints = [etcd.url]) => {
      const registry = await startEtcdRegistry({ natsUrl: nats.url, endpoints })
      return ended(registry, (it) => it.close())
    },
    beat: (ids, everyMs = 250) =>
      ended(keepBeating(client, 'site', ids, everyMs), (stop) => stop()),
  }
}

const named = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`)
const onlineAt = ({ registry }: EtcdRegistry) =>
  [...registry.devices()]
    .filter(({ online }) => online)
    .map(({ deviceId }) => deviceId)
    .toSorted()

test('while etcd is away the registry answers from memory, and saves it all when it is back', async () => {
  const { etcd, gateway, client, start, beat } = await openWorld()
  const registry = await start()
  const ids = named('d', 30)
  await Promise.all(ids.map((id) => client.register('site', id, { device_ttl: 60 })))
  const notices = await client.notices('site')
  beat([...ids, 'late'])
  await etcd.kill9()
  await until('it to say so', () => registry.store.health().problem?.code === 'ETCD_UNREACHABLE')
  await client.register('site', 'late', { device_ttl: 60 })
  expect(await client.list('site')).toEqual([...ids, 'late'].toSorted())
  // Longer than the TTL of the one that does not beat: nothing is said of it.
  await client.register('site', 'mute', { device_ttl: 1 })
  await pause(2500)
  expect(notices.filter(({ method }) => method === 'device/offline')).toEqual([])
  await etcd.startAgain()
  await until('the mute one to be declared offline', () =>
    notices.some(({ method, deviceId }) => method === 'device/offline' && deviceId === 'mute'),
  )
  await until('all to be saved', async () => (await gateway.count(RECORDS)) === 31)
  expect(onlineAt(registry)).toEqual([...ids, 'late'].toSorted())
  await until('all to be well', () => registry.store.health().problem === undefined)
  expect(notices.filter(({ method }) => method === 'device/offline')).toHaveLength(1)
})

test('a registry starts without etcd, and finds it later', async () => {
  const nats = ended(await startNatsServer(), (it) => it.stop())
  const etcd = ended(await startEtcd(), (it) => it.stop())
  const gateway = new EtcdGateway(etcd.url)
  const record = { device_id: 'known', device_ttl: 60, identity: {}, registry: {} }
  await gateway.putAll([[`${RECORDS}known`, JSON.stringify(record)]])
  await etcd.kill9()
  const options = { natsUrl: nats.url, endpoints: [etcd.url] }
  const registry = ended(await startEtcdRegistry(options), (it) => it.close())
  const client = ended(await WireClient.open(nats.url), (it) => it.close())
  await client.register('site', 'new', { device_ttl: 60 })
  expect(await client.list('site')).toEqual(['new'])
  await etcd.startAgain()
  await until('both to be known', () => onlineAt(registry).join() === 'known,new')
  await until('both to be saved', async () => (await gateway.count(RECORDS)) === 2)
})

test('a registry that is cut off from etcd leaves the word to the others', async () => {
  const { etcd, gateway, client, start, beat } = await openWorld()
  const proxy = ended(await startTcpProxy(etcd.port), (it) => it.close())
  const cut = await start([`http://127.0.0.1:${proxy.port}`])
  const whole = await start()
  await until('both to know each other', () =>
    [cut, whole].every(({ store }) => store.health().instances === 2),
  )
  const alive = named('alive', 20)
  const silent = named('silent', 20)
  const both = [...alive, ...silent]
  await Promise.all(alive.map((id) => client.register('site', id, { device_ttl: 60 })))
  await Promise.all(silent.map((id) => client.register('site', id, { device_ttl: 3 })))
  const notices = await client.notices('site')
  const stop = beat(both)
  await until('both to know all', () => [cut, whole].every((it) => onlineAt(it).length === 40))
  proxy.cut()
  stop()
  beat(alive)
  const offline = () => notices.filter(({ method }) => method === 'device/offline')
  await until('all silent ones to be announced', () => offline().length >= 20)
  expect(onlineAt(whole)).toEqual(alive.toSorted())
  // It still answers, of what it knows.
  expect(cut.registry.record('site', 'alive-0')).toContain('alive-0')
  proxy.heal()
  await until('it to know what happened', () => onlineAt(cut).join() === alive.toSorted().join())
  expect(
    offline()
      .map(({ deviceId }) => deviceId)
      .toSorted(),
  ).toEqual(silent.toSorted())
  expect(await gateway.count(OFFLINE)).toBe(20)
  expect(await gateway.count(RECORDS)).toBe(20)
})

test('what was compacted away meanwhile is found by a new look', async () => {
  const { etcd, gateway, start } = await openWorld()
  const proxy = ended(await startTcpProxy(etcd.port), (it) => it.close())
  const registry = await start([`http://127.0.0.1:${proxy.port}`])
  const record = (id: string) =>
    [`${RECORDS}${id}`, JSON.stringify({ device_id: id, device_ttl: 60, identity: {} })] as const
  await gateway.putAll([record('goes'), record('stays')])
  await until('both to be known', () => onlineAt(registry).join() === 'goes,stays')
  await proxy.close()
  await gateway.putAll([record('comes')])
  await gateway.clear(`${RECORDS}goes`)
  await gateway.compact()
  const again = ended(await startTcpProxy(etcd.port, proxy.port), (it) => it.close())
  expect(again.port).toBe(proxy.port)
  await until('it to know', () => onlineAt(registry).join() === 'comes,stays')
})

test('of several endpoints, those that are dead do not matter', async () => {
  const { etcd, client, start } = await openWorld()
  const dead = [
    `http://127.0.0.1:${await freeTcpPort()}`,
    `http://127.0.0.1:${await freeTcpPort()}`,
  ]
  const registry = await start([...dead, etcd.url])
  await client.register('site', 'd', { device_ttl: 60 })
  await until('it to be told', () => registry.store.health().problem !== undefined)
  expect(registry.store.health()).toMatchObject({
    reachable: true,
    membersAway: 2,
    problem: { code: 'ETCD_MEMBERS_AWAY', grave: true },
  })
})

test('a quota that is used up is told before, and made room for without a person', async () => {
  const { gateway, client, start } = await openWorld(QUOTA_BYTES)
  while ((await gateway.databaseBytes()) < QUOTA_BYTES * 0.65) {
    await gateway.putAll([['/elsewhere/a', 'x'.repeat(200_000)]])
  }
  const registry = await start()
  const code = () => registry.store.health().problem?.code ?? ''
  await until('it to warn', () => code().startsWith('ETCD_QUOTA'))
  const fill = async () => {
    for (;;) await gateway.putAll([['/elsewhere/a', 'x'.repeat(200_000)]])
  }
  await expect(fill()).rejects.toThrow('space exceeded')
  await until('its health to say so', () => registry.registry.storeTrouble() !== undefined)
  await client.register('site', 'meanwhile', { device_ttl: 60 })
  expect(await client.list('site')).toEqual(['meanwhile'])
  await until('it to be saved', async () => (await gateway.count(RECORDS)) === 1)
  await until('all to be well', () => code() === '')
})

test.for(['all of it', 'most of it'])(
  'history that alone fills the quota is forgotten before writes fail: %s there still',
  async (there) => {
    const { gateway, client, start } = await openWorld(QUOTA_BYTES)
    // Fewer changes than are kept where there is room.
    while ((await gateway.databaseBytes()) < QUOTA_BYTES * 0.85) {
      await gateway.putAll([['/elsewhere/a', 'x'.repeat(200_000)]])
    }
    if (there === 'most of it') await gateway.forget(Math.ceil((await gateway.revision()) / 3))
    const registry = await start()
    const used = () => registry.store.health().databaseBytes / QUOTA_BYTES
    await until('room to be made', () => used() > 0 && used() < 0.4)
    await client.register('site', 'stored', { device_ttl: 60 })
    expect(await gateway.count(RECORDS)).toBe(1)
    expect(registry.registry.storeTrouble()).toBeUndefined()
    expect(await gateway.range('/elsewhere/')).toHaveProperty('size', 1)
  },
)

const QUOTA_BYTES = 20 * 1024 * 1024
