import { afterEach, beforeEach, expect, test } from 'vitest'
import type { NewRemoteConnection } from '../../../src/shared/contract/mesh.ts'
import { startNatsServer, type NatsServer } from '../../support/nats-server.ts'
import { until } from '../../support/until.ts'
import { TestProfile, type TestApp } from './support/test-app.ts'
import { TestOperator } from './support/test-operator.ts'

const operator = new TestOperator()
let profile: TestProfile
let server: NatsServer

const CONFIG = operator.config('websocket { listen: "127.0.0.1:-1", no_tls: true }')

beforeEach(async () => {
  profile = await TestProfile.create()
  server = await startNatsServer({ config: CONFIG, files: operator.files() })
})
afterEach(async () => {
  await profile.close()
  await server.stop()
})

function creds(user = operator.user()): string {
  return `-----BEGIN NATS USER JWT-----\n${user.jwt}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${user.seed}\n------END USER NKEY SEED------\n`
}

function order(more: Partial<NewRemoteConnection> = {}): NewRemoteConnection {
  return {
    name: 'Site A',
    dialect: 'fabric',
    urls: [server.url],
    tenant: 'north',
    credentials: creds(),
    caPem: null,
    ...more,
  }
}

const connected = (app: TestApp) => until('the mesh', () => app.mesh.state().state === 'connected')

test.each(['url', 'wsUrl'] as const)('connects to a saved remote mesh by its %s', async (which) => {
  const app = profile.open()
  const { id } = await app.mesh.addRemote(order({ urls: [server[which]!] }))
  expect(app.mesh.state().kind).toBe('none')
  await app.mesh.use(id)
  await connected(app)
  expect(app.mesh.state()).toMatchObject({
    kind: 'remote',
    name: 'Site A',
    dialect: 'fabric',
    reach: 'remote',
    canIssue: false,
    tls: false,
    deviceUrls: [server[which]],
    serverVersion: expect.stringMatching(/^2\./u) as string,
    problem: null,
  })
  const north = await app.mesh.connectionFor('north')
  await north.flush()
  expect(app.mesh.dialect().subjectRoot).toBe('fabric')
  expect(app.tenants.list()).toMatchObject([{ name: 'north', account: null }])
  expect(app.mesh.connections()).toMatchObject([{ id, active: true, tenant: 'north' }])
})

test('is a mesh that others run: no issuing, no other tenant, no registry to start', async () => {
  const app = profile.open()
  await app.mesh.use((await app.mesh.addRemote(order())).id)
  await connected(app)
  expect(() => app.mesh.deviceEndpoint()).toThrow(
    expect.objectContaining({ code: 'MESH_NOT_OURS' }),
  )
  expect(app.mesh.registryAccess()).toBeNull()
  await expect(app.mesh.connectionFor('south')).rejects.toMatchObject({
    code: 'MESH_NOT_CONNECTED',
  })
  await expect(app.mesh.waitForKey('north', 'U', AbortSignal.timeout(1_000))).rejects.toMatchObject(
    { code: 'TENANT_UNKNOWN' },
  )
})

test('keeps credentials in the keychain only, and takes it up again at the next start', async () => {
  const user = operator.user()
  const first = profile.open()
  const { id } = await first.mesh.addRemote(order({ credentials: creds(user) }))
  await first.mesh.use(id)
  await connected(first)
  const rows = JSON.stringify(first.database.prepare('SELECT * FROM mesh_remote').all())
  expect(rows).not.toContain(user.seed)
  expect(rows).not.toContain(user.jwt)
  expect(JSON.stringify(first.states)).not.toContain('eyJ')
  await first.close()
  const second = profile.open()
  await second.mesh.startActive()
  await connected(second)
  await second.mesh.removeRemote(id)
  expect(second.mesh.state()).toMatchObject({ kind: 'none', state: 'stopped' })
  expect(second.mesh.connections()).toEqual([])
  expect(profile.secrets.size).toBe(0)
  await second.close()
  const third = profile.open()
  await third.mesh.startActive()
  expect(third.mesh.state().kind).toBe('none')
})

test('reconnects when the server was away, and counts that', async () => {
  const app = profile.open()
  await app.mesh.use((await app.mesh.addRemote(order())).id)
  await connected(app)
  const before = await app.mesh.connectionFor('north')
  const { port } = server
  await server.kill9()
  await until('the loss', () => app.mesh.state().state === 'reconnecting')
  server = await startNatsServer({ config: CONFIG, files: operator.files(), port })
  await connected(app)
  expect(app.mesh.state()).toMatchObject({ reconnects: 1, serverRestarts: 0 })
  expect(await app.mesh.connectionFor('north')).toBe(before)
})

test('says what hinders it, and connects by itself once that is gone', async () => {
  const { port } = server
  await server.stop()
  const app = profile.open()
  await app.mesh.use((await app.mesh.addRemote(order())).id)
  await until('the problem', () => app.mesh.state().problem?.code === 'MESH_UNREACHABLE')
  expect(app.mesh.state().state).toBe('failed')
  server = await startNatsServer({ config: CONFIG, files: operator.files(), port })
  await connected(app)
})

test('says that the credentials are refused', async () => {
  const app = profile.open()
  const stranger = new TestOperator().user()
  const { id } = await app.mesh.addRemote(order({ credentials: creds(stranger) }))
  await app.mesh.use(id)
  await until('the problem', () => app.mesh.state().problem?.code === 'MESH_AUTH_REFUSED')
  await expect(app.mesh.connectionFor('north')).rejects.toMatchObject({ code: 'MESH_AUTH_REFUSED' })
  const told = JSON.stringify(app.states)
  expect(told).not.toContain(stranger.seed)
  expect(told).not.toContain(stranger.jwt)
})

test.each([
  [
    'a seed of somebody else',
    { credentials: creds({ ...operator.user(), seed: operator.user().seed }) },
    'CREDENTIALS_KEY_MISMATCH',
  ],
  ['expired credentials', { credentials: creds(operator.user(-5)) }, 'JWT_EXPIRED'],
  ['prose', { credentials: 'please see attachment' }, 'CREDENTIALS_MALFORMED'],
  ['a URL of the web', { urls: ['https://mesh.example'] }, 'URL_INVALID'],
  ['a URL with a password', { urls: ['nats://me:secret@mesh.example'] }, 'URL_INVALID'],
  ['a bare host', { urls: ['mesh.example:4222'] }, 'URL_INVALID'],
  ['a certificate authority that is none', { caPem: 'hello' }, 'CA_INVALID'],
  [
    'another tenant than the file says',
    {
      credentials: JSON.stringify({
        tenant: 'south',
        nats: { url: 'nats://h', jwt: operator.user().jwt, nkey_seed: 'x' },
      }),
    },
    'CREDENTIALS_MALFORMED',
  ],
] as [string, Partial<NewRemoteConnection>, string][])(
  'keeps nothing of %s',
  async (_what, more, code) => {
    const app = profile.open()
    await expect(app.mesh.addRemote(order(more))).rejects.toMatchObject({ code, kind: 'rejected' })
    expect(app.mesh.connections()).toEqual([])
    expect(profile.secrets.size).toBe(0)
  },
)

test('takes tenant and authority from the credential file into account', async () => {
  const app = profile.open()
  const user = operator.user()
  const file = (tenant: string) =>
    JSON.stringify({ tenant, nats: { url: server.url, jwt: user.jwt, nkey_seed: user.seed } })
  await expect(app.mesh.addRemote(order({ credentials: file('south') }))).rejects.toMatchObject({
    code: 'TENANT_MISMATCH',
  })
  await app.mesh.addRemote(order({ credentials: file('north') }))
  await expect(app.mesh.addRemote(order())).rejects.toMatchObject({ code: 'CONNECTION_EXISTS' })
})

test('switches between the local mesh and a remote one', async () => {
  const app = profile.open()
  const local = await app.mesh.createLocal({
    dialect: 'device-connect',
    tenant: 'home',
    reach: { kind: 'loopback' },
  })
  const home = await app.mesh.connectionFor('home')
  const pid = app.serverPid()
  const { id } = await app.mesh.addRemote(order())
  const activeAtSwitch: (string | undefined)[] = []
  app.mesh.onSwitch(() =>
    activeAtSwitch.push(app.mesh.connections().find(({ active }) => active)?.id),
  )
  const statesBefore = app.states.length
  await app.mesh.use(id)
  await connected(app)
  expect(activeAtSwitch).toEqual([id])
  expect(app.states.slice(statesBefore).map(({ kind }) => kind)).not.toContain('none')
  expect(home.isClosed()).toBe(true)
  expect(() => process.kill(pid, 0)).toThrow()
  expect(app.tenants.list().map(({ name }) => name)).toEqual(['north'])
  await app.mesh.use('local')
  await connected(app)
  expect(app.mesh.state()).toMatchObject({ kind: 'local', deviceUrls: local.deviceUrls })
  expect(app.mesh.connections()).toMatchObject([{ id, active: false }])
  expect(app.tenants.list().map(({ name }) => name)).toEqual(['home'])
  await app.mesh.connectionFor('home')
  await expect(app.mesh.use('no such id')).rejects.toMatchObject({ code: 'CONNECTION_UNKNOWN' })
  expect(app.mesh.state().state).toBe('connected')
})

test('goes back to the remote mesh when a local one can not be set up', async () => {
  const app = profile.open({ natsServerPath: () => '/nowhere/nats-server' })
  await app.mesh.use((await app.mesh.addRemote(order())).id)
  await connected(app)
  await expect(
    app.mesh.createLocal({ dialect: 'fabric', tenant: 'home', reach: { kind: 'loopback' } }),
  ).rejects.toMatchObject({ code: 'NATS_SERVER_MISSING' })
  await connected(app)
  expect(app.mesh.state().kind).toBe('remote')
})
