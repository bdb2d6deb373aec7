import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { EtcdGateway } from '../support/etcd-gateway.ts'
import { startEtcd, startEtcdCluster, type EtcdServer } from '../support/etcd-server.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'
import { SCALE, TTL_MS } from './support/scale.ts'
import { Scene, UNHARMED } from './support/scene.ts'

const FILLER_BYTES = 8 * 1024
const FILLERS_AT_ONCE = 16
const RECORDS = '/device-connect/field/devices/'

const storeAt = (...ports: readonly number[]) => ({
  MUSTER_REGISTRY_STORE: 'etcd',
  ETCD_ENDPOINTS: ports.map((port) => `http://127.0.0.1:${port}`).join(','),
})

async function etcdFor(scene: Scene, quotaBytes?: number): Promise<EtcdServer> {
  const etcd = await startEtcd(quotaBytes === undefined ? {} : { quotaBytes })
  scene.atEnd(() => etcd.stop())
  return etcd
}

/** What is listed is in etcd, too, so that no restart can lose it. */
async function allStored(etcd: EtcdServer, devices = SCALE.devices): Promise<void> {
  const gateway = new EtcdGateway(etcd.url)
  const stored = async () => (await gateway.count(RECORDS)) === devices
  await until('every record to be in etcd', stored, SCALE.recoveryMs)
}

test.concurrent('a registry on etcd that is killed loses nobody', async (context) => {
  const scene = await Scene.open(context)
  const etcd = await etcdFor(scene)
  const registry = await scene.startRegistry(storeAt(etcd.port))
  const fleet = await scene.fleet()
  scene.strike()
  await registry.end('SIGKILL')
  await scene.startRegistry(storeAt(etcd.port))
  await scene.recovered(fleet)
  await allStored(etcd)
  expect(await scene.verdict('kill -9 of the registry on etcd', fleet)).toEqual(UNHARMED)
})

test.concurrent('an etcd that is killed and comes back after a TTL costs nobody', async (context) => {
  const scene = await Scene.open(context)
  const etcd = await etcdFor(scene)
  await scene.startRegistry(storeAt(etcd.port))
  const fleet = await scene.fleet()
  scene.strike()
  await etcd.kill9()
  await pause(SCALE.awayMs)
  await etcd.startAgain()
  await scene.recovered(fleet)
  await allStored(etcd)
  const fault = `kill -9 of etcd for ${SCALE.awayMs / 1000} s`
  expect(await scene.verdict(fault, fleet)).toEqual(UNHARMED)
})

test.concurrent('an etcd cluster without a quorum costs nobody', async (context) => {
  const scene = await Scene.open(context)
  const members = await startEtcdCluster(3)
  scene.atEnd(...members.map((member) => () => member.stop()))
  await scene.startRegistry(storeAt(...members.map(({ port }) => port)))
  const fleet = await scene.fleet()
  scene.strike()
  const [first, second, third] = members
  await Promise.all([first?.kill9(), second?.kill9()])
  await pause(SCALE.withoutQuorumMs)
  await Promise.all([first?.startAgain(), second?.startAgain()])
  await scene.recovered(fleet)
  if (third !== undefined) await allStored(third)
  const fault = `etcd without quorum for ${SCALE.withoutQuorumMs / 1000} s`
  expect(await scene.verdict(fault, fleet)).toEqual(UNHARMED)
})

test.concurrent('an etcd whose quota is used up costs nobody, and heals', async (context) => {
  const scene = await Scene.open(context)
  const etcd = await etcdFor(scene, 16 * 1024 * 1024)
  const gateway = new EtcdGateway(etcd.url)
  await scene.startRegistry(storeAt(etcd.port))
  const fleet = await scene.fleet()
  scene.strike()
  // A history that nobody compacts is what fills it in the field, too.
  await fillUp(gateway)
  // These can't be stored now; they are known all the same. To make room is the registry's work.
  const newcomers = scene.newcomers('newcomer', 50)
  await newcomers
  await scene.recovered(fleet)
  await allStored(etcd, SCALE.devices + 50)
  expect(await scene.verdict('etcd quota alarm', fleet)).toEqual(UNHARMED)
})

test.concurrent('of two registries one is killed, and nobody notices', async (context) => {
  const scene = await Scene.open(context)
  const etcd = await etcdFor(scene)
  const one = await scene.startRegistry(storeAt(etcd.port))
  await scene.startRegistry(storeAt(etcd.port))
  const fleet = await scene.fleet()
  scene.strike()
  await one.end('SIGKILL')
  await scene.recovered(fleet)
  await allStored(etcd)
  expect(await scene.verdict('two registries, one killed', fleet)).toEqual(UNHARMED)
})

test.concurrent('two registries say once that a device is gone', async (context) => {
  const scene = await Scene.open(context)
  const etcd = await etcdFor(scene)
  await scene.startRegistry(storeAt(etcd.port))
  await scene.startRegistry(storeAt(etcd.port))
  const fleet = await scene.fleet()
  scene.strike()
  await scene.recovered(fleet)
  expect(await scene.verdict('two registries, no fault', fleet)).toEqual(UNHARMED)
})

test.concurrent('a registry that is cut off from etcd alone harms nobody', async (context) => {
  const scene = await Scene.open(context)
  const etcd = await etcdFor(scene)
  const cable = await startTcpProxy(etcd.port)
  scene.atEnd(() => cable.close())
  await scene.startRegistry(storeAt(cable.port))
  await scene.startRegistry(storeAt(etcd.port))
  const fleet = await scene.fleet()
  scene.strike()
  cable.cut()
  await pause(2 * TTL_MS)
  await scene.newcomers('newcomer', 50)
  cable.heal()
  await scene.recovered(fleet)
  await allStored(etcd, SCALE.devices + 50)
  expect(await scene.verdict('one of two registries cut off from etcd', fleet)).toEqual(UNHARMED)
})

/** Writes one key again and again until etcd refuses. */
async function fillUp(gateway: EtcdGateway): Promise<void> {
  const value = 'x'.repeat(FILLER_BYTES)
  const worker = async (_: unknown, number: number) => {
    for (;;) {
      const put = gateway.putAll([[`/filler/${number}`, value]])
      if (
        await put.then(
          () => false,
          () => true,
        )
      )
        return
    }
  }
  await Promise.all(Array.from({ length: FILLERS_AT_ONCE }, worker))
}
