import { mkdtempSync } from 'node:fs'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { forkSidecar } from '../../../src/main/browser/fork-sidecar.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { RegistrySupervisor } from '../../../src/main/registry/registry-supervisor.ts'
import { startNatsServer, type NatsServer } from '../../support/nats-server.ts'
import { until } from '../../support/until.ts'
import {
  SIDECAR_ENTRY,
  sidecarConfig,
  startSidecar,
  whenServing,
  type RunningSidecar,
} from './running-sidecar.ts'
import { keepBeating, WireClient, type Notice } from './wire-device.ts'
import { NEVER } from '#shared/never.ts'

const IDS = Array.from({ length: 20 }, (_, index) => `d${String(index).padStart(2, '0')}`)

let server: NatsServer
const closing: (() => Promise<unknown> | void)[] = []

beforeEach(async () => {
  server = await startNatsServer()
  closing.push(() => server.stop())
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function start(): Promise<RunningSidecar> {
  const sidecar = await startSidecar([server.url])
  closing.push(() => sidecar.close())
  await whenServing(sidecar.supervisor)
  return sidecar
}

async function client(): Promise<WireClient> {
  const opened = await WireClient.open(server.url)
  closing.push(() => opened.close())
  return opened
}

/** Twenty devices that beat ten times a TTL, answer recovery, and whose fate is written down. */
async function fleet(ttlSeconds = 2): Promise<{ device: WireClient; notices: Notice[] }> {
  const device = await client()
  const notices = await device.notices('*')
  for (const id of IDS) {
    await device.answerRecovery('alpha', id, { device_ttl: ttlSeconds })
    await device.register('alpha', id, { device_ttl: ttlSeconds })
  }
  closing.push(keepBeating(device, 'alpha', IDS, ttlSeconds * 100))
  return { device, notices }
}

const offline = (notices: readonly Notice[]) =>
  notices.filter(({ method }) => method === 'device/offline')
const allOnline = ({ supervisor }: RunningSidecar) => {
  const devices = supervisor.devices()
  return devices.length === IDS.length && devices.every(({ state }) => state === 'online')
}
const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('the console sees devices come, beat and go, and reads a whole record', async () => {
  const sidecar = await start()
  const { supervisor } = sidecar
  const device = await client()
  await device.register('alpha', 'd', { device_ttl: 1, status: { ts: '', location: 'hall' } })
  await until('the device shows', () => supervisor.devices()[0]?.state === 'online')
  const seenAt = supervisor.devices()[0]?.lastSeenAt
  device.beat('alpha', 'd')
  await until('it was seen again', () => supervisor.devices()[0]?.lastSeenAt !== seenAt)
  device.beat('alpha', 'd', { location: 'yard' })
  await until('its place changed', () => supervisor.devices()[0]?.location === 'yard')
  expect(await supervisor.record('alpha', 'd', NEVER)).toMatchObject({
    device_id: 'd',
    status: { location: 'yard' },
    registry: { device_registration_id: expect.any(String) },
  })
  expect(await supervisor.record('alpha', 'nobody', NEVER)).toBeNull()
  await expect(supervisor.forget('alpha', 'd', NEVER)).rejects.toMatchObject({
    code: 'DEVICE_ONLINE',
  })
  await until('it went offline', () => supervisor.devices()[0]?.state === 'offline')
  await supervisor.forget('alpha', 'd', NEVER)
  await until('it is off the list', () => supervisor.devices().length === 0)
  await device.register('alpha', 'd')
  await until('it is back', () => supervisor.devices()[0]?.state === 'online')
})

test('a sidecar that is killed comes back with every device and no false offline', async () => {
  const sidecar = await start()
  const { supervisor } = sidecar
  const { device, notices } = await fleet()
  await until('all show', () => allOnline(sidecar))
  await pause(300)
  const { pid } = supervisor.state()
  process.kill(pid!, 'SIGKILL')
  await until('its end is known', () => supervisor.state().state === 'restarting')
  expect(supervisor.fleet()).toMatchObject({ stale: true })
  expect(supervisor.devices().length).toBe(IDS.length)
  await expect(supervisor.record('alpha', IDS[0]!, NEVER)).rejects.toMatchObject({
    code: 'REGISTRY_DOWN',
  })
  await whenServing(supervisor)
  expect(supervisor.state()).toMatchObject({ restarts: 1, lastExit: { signal: 'SIGKILL' } })
  expect(supervisor.state().pid).not.toBe(pid)
  await until('the fleet is told anew', () => !supervisor.fleet().stale)
  expect(await device.list('alpha')).toEqual(IDS)
  await pause(3000)
  expect(offline(notices)).toEqual([])
  expect(allOnline(sidecar)).toBe(true)
})

test('devices that were offline are known after a restart, and stay offline', async () => {
  const sidecar = await start()
  const { supervisor } = sidecar
  const device = await client()
  await device.register('alpha', 'gone', { device_ttl: 1 })
  await until('it is offline', () => supervisor.devices()[0]?.state === 'offline')
  const before = supervisor.devices()[0]
  await supervisor.restart()
  await until('the fleet is told anew', () => !supervisor.fleet().stale)
  expect(supervisor.devices()).toEqual([before])
  expect(await device.list('alpha').catch(() => [])).toEqual([])
})

test('a registry without its file asks the devices, and all are back', async () => {
  const first = await start()
  const { device, notices } = await fleet()
  await until('all show', () => allOnline(first))
  await first.close()
  const second = await start()
  await until('all are back', () => allOnline(second))
  expect(await device.list('alpha')).toEqual(IDS)
  expect(offline(notices)).toEqual([])
})

test('nats-server is killed and comes back: nothing is lost and nobody falsely offline', async () => {
  const sidecar = await start()
  const { device, notices } = await fleet()
  await until('all show', () => allOnline(sidecar))
  await server.kill9()
  await until('it is noticed', () => sidecar.supervisor.state().connection.state !== 'connected')
  await pause(4500)
  expect(allOnline(sidecar)).toBe(true)
  const again = await startNatsServer({ port: server.port })
  closing.push(() => again.stop())
  await whenServing(sidecar.supervisor)
  const before = (await sidecar.freshStats())['heartbeats']!
  await until('heartbeats arrive again', async () => {
    const { heartbeats } = await sidecar.freshStats()
    return heartbeats! > before + IDS.length
  })
  expect(await device.list('alpha')).toEqual(IDS)
  expect(offline(notices)).toEqual([])
  expect(sidecar.supervisor.state().restarts).toBe(0)
})

test('a registry that stood still for two ttl declares nobody offline', async () => {
  const sidecar = await start()
  const { device, notices } = await fleet()
  await until('all show', () => allOnline(sidecar))
  const pid = sidecar.supervisor.state().pid!
  process.kill(pid, 'SIGSTOP')
  await pause(4000)
  process.kill(pid, 'SIGCONT')
  await pause(3000)
  expect(offline(notices)).toEqual([])
  expect((await sidecar.freshStats())['gracePeriods']).toBeGreaterThanOrEqual(1)
  expect(await device.list('alpha')).toEqual(IDS)
})

test('unchanged heartbeats cost no write, changed ones do', async () => {
  const sidecar = await start()
  const { device } = await fleet()
  await until('all are saved', () => sidecar.stats()['storeRows'] === IDS.length)
  const before = sidecar.stats()['heartbeats']!
  await until('they beat on', () => sidecar.stats()['heartbeats']! > before + 200)
  expect(sidecar.stats()).toMatchObject({ storeRows: IDS.length, heartbeatsChanged: 0 })
  device.beat('alpha', IDS[0]!, { battery: 1 })
  await until('the change is saved', () => sidecar.stats()['storeRows'] === IDS.length + 1)
})

test('a damaged database is set aside, said, and begun anew', async () => {
  const sidecar = await start()
  const { supervisor, folder } = sidecar
  const { pid } = supervisor.state()
  const device = await client()
  await device.register('alpha', 'd')
  await writeFile(join(folder, 'registry.db'), 'not a database '.repeat(1000))
  for (const suffix of ['-wal', '-shm']) {
    await writeFile(join(folder, `registry.db${suffix}`), '')
  }
  process.kill(pid!, 'SIGKILL')
  await until('it is back', () => supervisor.state().setAside !== undefined)
  expect((await readdir(folder)).some((name) => name.includes('damaged'))).toBe(true)
})

test('a sidecar that can not start says why and is tried again with growing pauses', async () => {
  const pauses: unknown[] = []
  const supervisor = new RegistrySupervisor({
    spawn: () => forkSidecar(SIDECAR_ENTRY),
    // A folder where the database file should be.
    config: async () => ({
      ...sidecarConfig(import.meta.dirname, [server.url]),
      databasePath: import.meta.dirname,
      // Of its own: another user's log of an earlier run may stand in the shared one.
      logFolder: mkdtempSync(join(tmpdir(), 'muster-registry-')),
    }),
    logger: {
      ...silentLogger(),
      warn: (_text, fields) => void pauses.push(fields?.['waitMs']),
    },
  })
  closing.push(() => supervisor.close())
  supervisor.start()
  await until('it was tried three times', () => pauses.length === 3)
  expect(pauses).toEqual([250, 500, 1000])
  expect(supervisor.state()).toMatchObject({
    state: 'restarting',
    failure: { code: 'DATABASE_UNREADABLE' },
    lastExit: { code: 1 },
  })
})

test('a mesh that is away at start is waited for, and the known devices show meanwhile', async () => {
  const sidecar = await start()
  const { supervisor } = sidecar
  const device = await client()
  await device.register('alpha', 'd', { device_ttl: 60 })
  await until('it is saved', async () => (await sidecar.freshStats())['storeRows'] === 1)
  await server.kill9()
  await supervisor.restart()
  await until('known devices show', () => !supervisor.fleet().stale)
  expect(supervisor.devices().map(({ deviceId }) => deviceId)).toEqual(['d'])
  await until('it says why', () => {
    const { error } = supervisor.state().connection
    return error?.includes('answers') === true
  })
  const again = await startNatsServer({ port: server.port })
  closing.push(() => again.stop())
  await whenServing(supervisor)
})

test('selectors are answered from what is online', async () => {
  const { supervisor } = await start()
  const device = await client()
  await device.register('alpha', 'soil-1', { device_ttl: 60 })
  await device.register('beta', 'soil-2', { device_ttl: 60 })
  await device.register('beta', 'pump', { device_ttl: 60, identity: { device_type: 'pump' } })
  const select = (selector: string, tenant: string | null = null, most = 10) =>
    supervisor.select(selector, tenant, most, NEVER)
  expect(await select('device(type:soil-sensor)')).toEqual([
    { tenant: 'alpha', deviceId: 'soil-1' },
    { tenant: 'beta', deviceId: 'soil-2' },
  ])
  expect(await select('function(measure)', 'beta')).toHaveLength(2)
  expect(await select('device(*)', null, 2)).toHaveLength(2)
  expect(await select('device(', null)).toEqual([])
})

test('closing ends the process, and its log was written', async () => {
  const sidecar = await start()
  const { pid } = sidecar.supervisor.state()
  await sidecar.supervisor.close()
  expect(isAlive(pid!)).toBe(false)
  expect(sidecar.supervisor.state().state).toBe('stopped')
  const log = await readFile(join(sidecar.folder, 'registry.log'), 'utf8').catch(() => '')
  expect(log).toContain('the registry serves')
})

test('restarting twice at once leaves one sidecar, and is not counted as a fault', async () => {
  const { supervisor, news } = await start()
  const before = supervisor.state().pid
  await Promise.all([supervisor.restart(), supervisor.restart()])
  await whenServing(supervisor)
  const pids = new Set(news.map((item) => (item.type === 'state' ? item.state.pid : before)))
  pids.delete(undefined)
  const alive = [...pids].filter((pid) => isAlive(pid!))
  expect(alive).toEqual([supervisor.state().pid])
  expect(supervisor.state()).toMatchObject({ restarts: 0, lastExit: { code: 0 } })
})

test('a sidecar ends when its parent is gone', async () => {
  const child = fork(SIDECAR_ENTRY, { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  closing.push(() => void child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  const [hello] = await once(child, 'message')
  expect(hello).toEqual({ type: 'hello' })
  child.disconnect()
  expect(await exited).toEqual([0, null])
})
