import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { openMeshConnection } from '../../../src/main/mesh/connection.ts'
import { ownUserSource } from '../../../src/main/mesh/own-user.ts'
import { createAuthority } from '../../../src/main/mesh/x509.ts'
import { until } from '../../support/until.ts'
import { TestProfile, type TestApp } from './support/test-app.ts'
import { NEVER } from '#shared/never.ts'

// Another address of loopback stands for a network address: it is one of this computer's on Linux.
const ADDRESS = '127.0.0.1'
const OPEN = { kind: 'network', address: ADDRESS, tls: false } as const
const SECURE = { kind: 'network', address: ADDRESS, tls: true } as const
const LOOPBACK = { kind: 'loopback' } as const
const ORDER = { dialect: 'fabric', tenant: 'north' } as const

let profile: TestProfile
const closers: (() => Promise<void>)[] = []

beforeEach(async () => {
  profile = await TestProfile.create()
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  await profile.close()
})

async function login(app: TestApp, servers: readonly string[], caPem?: string) {
  const connection = await openMeshConnection(
    {
      name: 'test',
      servers,
      ...(caPem === undefined ? {} : { caPem }),
      credentials: ownUserSource(app.authority, {
        account: { tenant: 'north' },
        role: 'console',
        name: 'test',
      }),
      log: silentLogger(),
    },
    NEVER,
  )
  closers.push(() => connection.close())
  return connection
}

test('opens to a network with TLS of its own authority, which devices are given', async () => {
  const app = profile.open()
  const state = await app.mesh.createLocal({ ...ORDER, reach: SECURE })
  expect(state).toMatchObject({
    state: 'connected',
    reach: 'network',
    tls: true,
    dialect: 'fabric',
  })
  const { urls, caPem } = app.mesh.deviceEndpoint()
  expect(urls[0]).toMatch(/^tls:\/\/127\.0\.0\.1:\d+$/u)
  expect(state.deviceUrls).toEqual(urls)
  const connection = await login(app, urls, caPem)
  expect(connection.nats.info?.tls_required).toBe(true)
  expect(new X509Certificate(caPem!).ca).toBe(true)
  expect(app.mesh.registryAccess()?.caPem).toBe(caPem)
  expect([...profile.secrets.keys()].filter((key) => key.startsWith('ca:'))).toHaveLength(1)
  await app.mesh.connectionFor('north')
})

test('shows a client that trusts another authority who is not meant', async () => {
  const app = profile.open()
  await app.mesh.createLocal({ ...ORDER, reach: SECURE })
  const { urls } = app.mesh.deviceEndpoint()
  const validity = { notBefore: new Date(Date.now() - 1000), notAfter: new Date(Date.now() + 1e9) }
  const stranger = await createAuthority('Muster mesh', validity)
  await expect(login(app, urls, stranger.certificatePem)).rejects.toMatchObject({
    code: 'MESH_TLS_UNTRUSTED',
    kind: 'rejected',
  })
  await expect(login(app, urls)).rejects.toMatchObject({ code: 'MESH_TLS_UNTRUSTED' })
})

test('checks the address in the certificate, also over WebSocket', async () => {
  const app = profile.open()
  await app.mesh.createLocal({ ...ORDER, reach: { ...SECURE, address: 'localhost' } })
  expect(app.mesh.state().problem).toBeNull()
  const { urls, caPem } = app.mesh.deviceEndpoint()
  const port = new URL(urls[0]!).port
  await login(app, [`tls://localhost:${port}`], caPem)
  await login(app, [`tls://127.0.0.1:${port}`], caPem)
  const webSocketPort = app.database.prepare('SELECT web_socket FROM mesh_local_ports').get()
  const wss = `127.0.0.1:${Number(webSocketPort?.['web_socket'])}`
  await login(app, [`wss://${wss}`], caPem)
  await expect(login(app, [`wss://${wss}`])).rejects.toMatchObject({ code: 'MESH_TLS_UNTRUSTED' })
  // Any other address of loopback reaches nothing: the server listens on one address alone.
  await expect(login(app, [`tls://127.0.0.2:${port}`], caPem)).rejects.toMatchObject({
    code: 'MESH_UNREACHABLE',
  })
})

test('opens a mesh and closes it again, on ports that stay those of its credentials', async () => {
  const app = profile.open()
  const inside = await app.mesh.createLocal({ ...ORDER, reach: LOOPBACK })
  const before = await app.mesh.connectionFor('north')
  let switches = 0
  app.mesh.onSwitch(() => (switches += 1))
  const seen = app.states.length
  const outside = await app.mesh.setReach(OPEN)
  expect(outside).toMatchObject({ state: 'connected', reach: 'network', tls: false })
  expect(outside.deviceUrls).not.toEqual(inside.deviceUrls)
  expect(switches).toBe(1)
  expect(before.isClosed()).toBe(true)
  await app.mesh.connectionFor('north')
  const again = await app.mesh.setReach(LOOPBACK)
  expect(again.deviceUrls).toEqual(inside.deviceUrls)
  expect((await app.mesh.setReach(OPEN)).deviceUrls).toEqual(outside.deviceUrls)
  // What a person asked for is neither a loss nor a failure.
  expect(app.mesh.state()).toMatchObject({ reconnects: 0, serverRestarts: 0 })
  const states = app.states.slice(seen).map(({ state }) => state)
  expect(new Set(states)).toEqual(new Set(['starting', 'connected']))
})

test('tells listeners in a tenant of the connection that took the place of the old one', async () => {
  const app = profile.open()
  await app.mesh.createLocal({ ...ORDER, reach: LOOPBACK })
  const heard: unknown[] = []
  const stop = app.mesh.tenantConnections.subscribe('north', (connection) => heard.push(connection))
  const first = await app.mesh.connectionFor('north')
  await app.mesh.setReach(SECURE)
  const second = await app.mesh.connectionFor('north')
  expect(second).not.toBe(first)
  expect(heard).toEqual([undefined, first, undefined, second])
  stop()
})

test('stays as it was where the new address is not one of this computer', async () => {
  const app = profile.open()
  const before = await app.mesh.createLocal({ ...ORDER, reach: LOOPBACK })
  for (const [address, code] of [
    ['192.0.2.55', 'ADDRESS_NOT_AVAILABLE'],
    ['no-such-host.invalid', 'ADDRESS_NOT_AVAILABLE'],
    ['0.0.0.0', 'ADDRESS_INVALID'],
    ['::', 'ADDRESS_INVALID'],
    ['not an address', 'ADDRESS_INVALID'],
    ['10.0.0', 'ADDRESS_INVALID'],
  ] as const) {
    await expect(app.mesh.setReach({ ...OPEN, address })).rejects.toMatchObject({ code })
  }
  expect(app.mesh.state()).toMatchObject({ state: 'connected', deviceUrls: before.deviceUrls })
  await app.mesh.connectionFor('north')
})

test('runs on as before where the server can not start at the new reach', async () => {
  const app = profile.open()
  await app.mesh.createLocal({ ...ORDER, reach: LOOPBACK })
  const { deviceUrls } = await app.mesh.setReach(OPEN)
  const inside = await app.mesh.setReach(LOOPBACK)
  const other = createServer().listen(Number(new URL(deviceUrls[0]!).port), ADDRESS)
  await once(other, 'listening')
  await expect(app.mesh.setReach(OPEN)).rejects.toMatchObject({ code: 'PORT_IN_USE' })
  await until('the mesh', () => app.mesh.state().state === 'connected')
  expect(app.mesh.state()).toMatchObject({ reach: 'loopback', deviceUrls: inside.deviceUrls })
  await app.mesh.connectionFor('north')
  other.close()
})

test('works on loopback while its address is gone, and moves back with it', async () => {
  const gone = { there: true }
  const away: NetworkInterfaceInfo = {
    address: '127.0.0.9',
    netmask: '255.0.0.0',
    family: 'IPv4',
    mac: '02:00:00:00:00:01',
    internal: false,
    cidr: '127.0.0.9/8',
  }
  const app = profile.open({
    interfaces: () => ({ ...networkInterfaces(), site0: gone.there ? [away] : [] }),
    addressIntervalMs: 50,
  })
  expect(app.mesh.networkAddresses()).toContainEqual({
    address: '127.0.0.9',
    family: 'IPv4',
    interfaceName: 'site0',
  })
  const reach = { kind: 'network', address: '127.0.0.9', tls: true } as const
  const { deviceUrls } = await app.mesh.createLocal({ ...ORDER, reach })
  gone.there = false
  await until('the move', () => app.mesh.state().problem?.code === 'ADDRESS_NOT_AVAILABLE')
  await until('the mesh', () => app.mesh.state().state === 'connected')
  expect(app.mesh.state()).toMatchObject({ deviceUrls, serverRestarts: 0 })
  await app.mesh.connectionFor('north')
  gone.there = true
  await until('the way back', () => app.mesh.state().problem === null)
  await until('the mesh', () => app.mesh.state().state === 'connected')
  const { urls, caPem } = app.mesh.deviceEndpoint()
  expect(urls).toEqual(deviceUrls)
  await login(app, urls, caPem)
})

test('starts on loopback where the address is gone at the start already', async () => {
  const site = (there: boolean) => () => ({
    site0: there
      ? [{ ...networkInterfaces()['lo']![0]!, address: '127.0.0.9', internal: false }]
      : [],
  })
  const first = profile.open({ interfaces: site(true) })
  await first.mesh.createLocal({ ...ORDER, reach: { ...OPEN, address: '127.0.0.9' } })
  await first.close()
  const second = profile.open({ interfaces: site(false) })
  await second.mesh.startActive()
  await until('the mesh', () => second.mesh.state().state === 'connected')
  expect(second.mesh.state().problem).toMatchObject({ code: 'ADDRESS_NOT_AVAILABLE' })
})
