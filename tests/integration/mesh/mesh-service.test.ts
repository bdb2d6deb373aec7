import { once } from 'node:events'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openMeshConnection } from '../../../src/main/mesh/connection.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { isRunning } from '../../../src/main/mesh/process-facts.ts'
import { createNkey } from '../../../src/main/authority/nkey.ts'
import { until } from '../../support/until.ts'
import { TestProfile, type TestApp } from './support/test-app.ts'
import { TestOperator } from './support/test-operator.ts'
import { NEVER } from '#shared/never.ts'

const LOOPBACK = { kind: 'loopback' } as const
const ORDER = { dialect: 'device-connect', tenant: 'north', reach: LOOPBACK } as const
const DAY_MS = 24 * 60 * 60 * 1000

let profile: TestProfile
const closers: (() => unknown)[] = []

beforeEach(async () => {
  profile = await TestProfile.create()
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  await profile.close()
})

const connected = (app: TestApp) => until('the mesh', () => app.mesh.state().state === 'connected')

async function startDevice(app: TestApp, tenant: string, name = 'pump-1') {
  const { urls, caPem } = app.mesh.deviceEndpoint()
  const key = createNkey('user')
  const user = await app.authority.issueUser({
    account: { tenant },
    role: 'device',
    name,
    deviceId: name,
    publicKey: key.publicKey,
    ttlMs: DAY_MS,
    delivery: 'commissioning',
  })
  const connect = async () => {
    const connection = await openMeshConnection(
      {
        name,
        servers: urls,
        ...(caPem === undefined ? {} : { caPem }),
        credentials: async () => ({ ...user, seed: key.seed }),
        log: silentLogger(),
      },
      NEVER,
    )
    closers.push(() => connection.close())
    return connection
  }
  return { publicKey: key.publicKey, account: user.accountPublicKey, connect }
}

test('sets up a local mesh with a tenant that one can log into', async () => {
  const app = profile.open()
  expect(app.mesh.state()).toMatchObject({ kind: 'none', state: 'stopped' })
  const state = await app.mesh.createLocal(ORDER)
  expect(state).toMatchObject({
    kind: 'local',
    dialect: 'device-connect',
    state: 'connected',
    reach: 'loopback',
    tls: false,
    reconnects: 0,
    serverRestarts: 0,
    problem: null,
  })
  await until('that it can issue', () => app.mesh.state().canIssue)
  expect(state.deviceUrls).toHaveLength(1)
  expect(state.deviceUrls[0]).toMatch(/^nats:\/\/127\.0\.0\.1:2\d{4}$/u)
  expect(state.serverVersion).toMatch(/^2\./u)
  expect(app.tenants.list()).toMatchObject([{ name: 'north', state: 'ready' }])
  await app.mesh.confirmTenant('north', NEVER)
  await until('a round-trip time', () => app.mesh.state().rttMs !== null)
  expect(app.states.map((one) => one.state)).not.toContain('failed')
})

test('carries events and calls between a device and the console of its tenant', async () => {
  const app = profile.open()
  await app.mesh.createLocal(ORDER)
  const console = await app.mesh.connectionFor('north', NEVER)
  const device = await (await startDevice(app, 'north')).connect()
  device.nats.subscribe('device-connect.north.pump-1.cmd', {
    callback: (_error, message) => void message.respond('{"result":1}'),
  })
  await device.nats.flush()
  const answer = await console.request('device-connect.north.pump-1.cmd', '{}', { timeout: 30_000 })
  expect(answer.string()).toBe('{"result":1}')
  expect(app.mesh.tenantConnections.current('north')).toBe(console)
})

test('looks like a mesh that is stopped, not like none, until it is started again', async () => {
  const first = profile.open()
  await first.mesh.createLocal({ ...ORDER, dialect: 'fabric' })
  await first.close()
  const second = profile.open()
  expect(second.mesh.state()).toMatchObject({
    kind: 'local',
    name: 'Local mesh',
    dialect: 'fabric',
    state: 'stopped',
    reach: 'loopback',
  })
  expect(second.mesh.dialect().subjectRoot).toBe('fabric')
  await second.mesh.startActive()
  expect(second.states.map(({ kind }) => kind)).not.toContain('none')
})

test('keeps ports, accounts and address through a restart of the app', async () => {
  const first = profile.open()
  const { deviceUrls } = await first.mesh.createLocal(ORDER)
  await first.close()
  const second = profile.open()
  await second.mesh.startActive()
  await connected(second)
  expect(second.mesh.state()).toMatchObject({ kind: 'local', deviceUrls })
  await second.mesh.connectionFor('north', NEVER)
  await second.mesh.startActive()
  expect(second.mesh.state().state).toBe('connected')
})

test('restarts a killed server, reconnects everybody and counts it', async () => {
  const app = profile.open()
  await app.mesh.createLocal(ORDER)
  const console = await app.mesh.connectionFor('north', NEVER)
  const seen = app.states.length
  process.kill(app.serverPid(), 'SIGKILL')
  await until('the loss', () => app.mesh.state().state === 'reconnecting')
  await connected(app)
  expect(app.mesh.state()).toMatchObject({ serverRestarts: 1, reconnects: 1, problem: null })
  const states = app.states.slice(seen).map(({ state }) => state)
  expect(states.indexOf('reconnecting')).toBeLessThan(states.lastIndexOf('connected'))
  expect(new Set(states)).toEqual(new Set(['connected', 'reconnecting']))
  await until('the console', async () => {
    const sent = console.request('device-connect.north.x.cmd', '', { timeout: 200 })
    return sent.then(
      () => true,
      (error: Error) => /no responders/iu.test(error.message),
    )
  })
  expect(await app.mesh.connectionFor('north')).toBe(console)
})

test('takes a new tenant while it runs and proves it by a login', async () => {
  const app = profile.open()
  await app.mesh.createLocal(ORDER)
  await app.tenants.create('south')
  await app.mesh.confirmTenant('south', NEVER)
  const south = await app.mesh.connectionFor('south', NEVER)
  const north = await app.mesh.connectionFor('north', NEVER)
  let leaked = 0
  const count = (error: Error | null) => void (error ?? (leaked += 1))
  south.subscribe('device-connect.>', { callback: count })
  south.subscribe('device-connect.south.>', { callback: count })
  await south.flush().catch(() => undefined)
  north.publish('device-connect.north.pump.event.hello', '{}')
  await north.flush()
  await south.flush()
  expect(leaked).toBe(0)
})

test('proves that a device connected with its key, whether before or after one waits', async () => {
  const app = profile.open()
  await app.mesh.createLocal(ORDER)
  const device = await startDevice(app, 'north')
  expect(await app.mesh.isUserConnected(device.account, device.publicKey, NEVER)).toBe(false)
  let proven = false
  const waiting = app.mesh.waitForKey('north', device.publicKey, NEVER).then(() => (proven = true))
  const other = await startDevice(app, 'north', 'pump-2')
  await other.connect()
  expect(proven).toBe(false)
  const started = performance.now()
  await device.connect()
  await waiting
  expect(performance.now() - started).toBeLessThan(2_000)
  await app.mesh.waitForKey('north', other.publicKey, NEVER)
  expect(await app.mesh.isUserConnected(device.account, device.publicKey, NEVER)).toBe(true)
  const stop = new AbortController()
  const inVain = app.mesh.waitForKey('north', createNkey('user').publicKey, stop.signal)
  stop.abort(new Error('enough'))
  await expect(inVain).rejects.toThrow('enough')
  await expect(app.mesh.waitForKey('nowhere', device.publicKey, NEVER)).rejects.toMatchObject({
    code: 'TENANT_UNKNOWN',
  })
})

test('proves a device that connects while the server is away', async () => {
  const app = profile.open()
  await app.mesh.createLocal(ORDER)
  const device = await startDevice(app, 'north')
  const connection = await device.connect()
  await connection.close()
  const waiting = app.mesh.waitForKey('north', device.publicKey, NEVER)
  process.kill(app.serverPid(), 'SIGKILL')
  await until('the loss', () => app.mesh.state().state !== 'connected')
  await until('the server', () =>
    device.connect().then(
      () => true,
      () => false,
    ),
  )
  await waiting
})

test('mends a resolver that drifted while the app was away', async () => {
  const first = profile.open()
  await first.mesh.createLocal(ORDER)
  const { account } = first.tenants.list()[0]!
  await first.close()
  const file = join(profile.folder, 'mesh', 'resolver', `${account}.jwt`)
  const good = await readFile(file, 'utf8')
  await writeFile(file, 'not a JWT at all')
  const second = profile.open()
  await second.mesh.startActive()
  await second.mesh.connectionFor('north', NEVER)
  expect(await readFile(file, 'utf8')).toBe(good)
})

test('mends what another one with a system key pushed, and reports it', async () => {
  const app = profile.open()
  await app.mesh.createLocal(ORDER)
  const { account, name } = app.tenants.list()[0]!
  const good = await app.link.lookUpClaims(account!, NEVER)
  const stranger = new TestOperator()
  await app.link.updateClaims(stranger.accountJwt(name, account!), NEVER)
  expect(await app.link.lookUpClaims(account!, NEVER)).not.toBe(good)
  // Muster's connection breaks and comes back: that is when it looks.
  process.kill(app.serverPid(), 'SIGKILL')
  await until(
    'the repair',
    async () => (await app.link.lookUpClaims(account!, NEVER).catch(() => '')) === good,
  )
  await app.mesh.connectionFor('north', NEVER)
})

test('repairs on a running server when only the connection broke', async () => {
  const app = profile.open()
  await app.mesh.createLocal(ORDER)
  const { account, name } = app.tenants.list()[0]!
  const good = await app.link.lookUpClaims(account!, NEVER)
  const stranger = new TestOperator()
  await app.link.updateClaims(stranger.accountJwt(name, account!), NEVER)
  await app.link.current()!.reconnect()
  await until('the report', () => app.notices.length > 0)
  expect(app.notices[0]).toMatchObject({ level: 'error', text: expect.stringContaining(account!) })
  expect(await app.link.lookUpClaims(account!, NEVER)).toBe(good)
})

test('never sends an account that a stranger signed', async () => {
  const app = profile.open()
  await app.mesh.createLocal(ORDER)
  const { account } = app.tenants.list()[0]!
  const stranger = new TestOperator()
  const before = await app.link.listClaims(NEVER)
  for (const publicKey of [account!, stranger.account.publicKey]) {
    const jwt = stranger.accountJwt('x', publicKey)
    await expect(
      app.publisher.publish([{ name: 'x', publicKey, jwt }], NEVER),
    ).rejects.toMatchObject({ code: 'ACCOUNT_FOREIGN_ISSUER', kind: 'rejected' })
  }
  expect([...(await app.link.listClaims(NEVER))].sort()).toEqual([...before].sort())
})

test('tells that there is no mesh to publish to', async () => {
  const app = profile.open()
  await app.authority.setUp({ dialect: 'device-connect' })
  await expect(app.tenants.create('north')).rejects.toMatchObject({ kind: 'transient' })
  expect(app.publisher.maxPayloadBytes()).toBe(1_048_576)
  expect(() => app.mesh.deviceEndpoint()).toThrow(expect.objectContaining({ code: 'NO_MESH' }))
  expect(app.mesh.registryAccess()).toBeNull()
  await expect(app.mesh.connectionFor('north')).rejects.toMatchObject({
    code: 'MESH_NOT_CONNECTED',
  })
})

test('lets the registry connect, with its own account', async () => {
  const app = profile.open()
  let switches = 0
  app.mesh.onSwitch(() => (switches += 1))
  await app.mesh.createLocal(ORDER)
  expect(switches).toBeGreaterThan(0)
  const access = app.mesh.registryAccess()!
  const credentials = await access.credentials()
  const registry = await openMeshConnection(
    {
      name: 'registry',
      servers: access.servers,
      credentials: async () => credentials,
      log: silentLogger(),
    },
    NEVER,
  )
  closers.push(() => registry.close())
  registry.nats.subscribe('device-connect.north.registry', {
    callback: (_error, message) => void message.respond('registered'),
  })
  await registry.nats.flush()
  const device = await (await startDevice(app, 'north')).connect()
  const answer = await device.nats.request('device-connect.north.registry', '{}', {
    timeout: 30_000,
  })
  expect(answer.string()).toBe('registered')
})

test('does not begin what can not end: no nats-server, too old, port taken', async () => {
  const path = join(profile.folder, 'nats-server')
  const app = profile.open({ natsServerPath: () => path })
  await expect(app.mesh.createLocal(ORDER)).rejects.toMatchObject({ code: 'NATS_SERVER_MISSING' })
  await writeFile(path, '#!/bin/sh\necho "nats-server: v2.8.4"\n')
  await chmod(path, 0o755)
  await expect(app.mesh.createLocal(ORDER)).rejects.toMatchObject({ code: 'NATS_SERVER_TOO_OLD' })
  expect(app.authority.operator()).toBeUndefined()
  expect(app.mesh.state()).toMatchObject({ kind: 'none', state: 'stopped' })
})

test('tells a taken port at the next start, and starts once it is free', async () => {
  const first = profile.open()
  const { deviceUrls } = await first.mesh.createLocal(ORDER)
  await first.close()
  const port = Number(new URL(deviceUrls[0]!).port)
  const other = createServer().listen(port, '127.0.0.1')
  await once(other, 'listening')
  const second = profile.open()
  await second.mesh.startActive()
  await until('the problem', () => second.mesh.state().problem?.code === 'PORT_IN_USE')
  expect(second.mesh.state()).toMatchObject({ kind: 'local', state: 'failed' })
  other.close()
  await connected(second)
  expect(second.mesh.state()).toMatchObject({ problem: null, deviceUrls, serverRestarts: 0 })
})

test('refuses a second local mesh', async () => {
  const app = profile.open()
  await app.mesh.createLocal(ORDER)
  await expect(app.mesh.createLocal(ORDER)).rejects.toMatchObject({ code: 'LOCAL_MESH_EXISTS' })
  expect(app.mesh.state().state).toBe('connected')
})

test('takes everything back when the first tenant can not be made', async () => {
  const app = profile.open()
  await expect(app.mesh.createLocal({ ...ORDER, tenant: 'no good' })).rejects.toMatchObject({
    kind: 'rejected',
  })
  expect(app.mesh.state()).toMatchObject({ kind: 'none', state: 'stopped' })
  expect(app.serverPid()).toBe(0)
  await expect(readFile(join(profile.folder, 'mesh', 'nats-server.pid'))).rejects.toThrow('ENOENT')
  expect((await app.mesh.createLocal(ORDER)).state).toBe('connected')
})

test('leaves no server behind when the app closes in the middle of the set-up', async () => {
  const app = profile.open()
  const creating = app.mesh.createLocal(ORDER).then(
    () => 'created',
    () => 'given up',
  )
  await until('the server', () => app.serverPid() !== 0)
  const pid = app.serverPid()
  await app.close()
  expect(await creating).toBe('given up')
  expect(isRunning(pid)).toBe(false)
})

test('finishes a tenant that was being made when the server was killed', async () => {
  const app = profile.open()
  await app.mesh.createLocal(ORDER)
  const creating = app.tenants.create('south').catch(() => undefined)
  process.kill(app.serverPid(), 'SIGKILL')
  await creating
  await until(
    'the tenant',
    () => app.tenants.list().find(({ name }) => name === 'south')?.state === 'ready',
    20_000,
  )
  await connected(app)
  await app.mesh.confirmTenant('south', NEVER)
  await app.mesh.confirmTenant('north', NEVER)
})
