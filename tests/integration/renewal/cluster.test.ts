import { once } from 'node:events'
import { createServer, connect as connectSocket, type AddressInfo, type Server } from 'node:net'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { messageOf } from '#shared/errors.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { ConnectionWitness, digestOf } from '../../../src/main/renewal/connection-witness.ts'
import { RENEWAL_MIGRATIONS } from '../../../src/main/renewal/migrations.ts'
import { logIn } from '../../support/log-in.ts'
import { openProofSiteAt } from '../isolation/support/proof-site.ts'
import { startCluster, type ManagedCluster } from '../resolver/support/managed-cluster.ts'
import { startFieldDevice, TENANT, type FieldDevice } from './devices.ts'
import { allOnline, openRenewals } from './open-renewals.ts'
import { NEVER } from '#shared/never.ts'

/** What renewal and the isolation proof do where there is more than one server. */
const DAY_MS = 24 * 60 * 60 * 1000
const PATIENCE_MS = 60_000

let cluster: ManagedCluster
let system: NatsConnection
let console: NatsConnection
const devices: FieldDevice[] = []
const closing: (() => unknown)[] = []

beforeAll(async () => {
  cluster = await startCluster(TENANT)
  const { app, servers } = cluster
  for (const { sql } of RENEWAL_MIGRATIONS) app.database.exec(sql)
  for (const name of ['beta', 'gamma']) {
    await app.authority.createTenant(name, { isolation: 'account' }, NEVER)
  }
  system = await app.link.connected(NEVER)
  const place = { account: { tenant: TENANT }, role: 'console' } as const
  const user = await app.authority.issueUser({
    ...place,
    name: 'console',
    ttlMs: DAY_MS,
    delivery: 'internal',
  })
  console = await logIn(servers[0].url, user, { inboxPrefix: user.inboxPrefix })
}, PATIENCE_MS)

afterAll(async () => {
  for (const close of closing.toReversed()) await close()
  await Promise.all(devices.map(({ device }) => device.crash()))
  await console.close()
  await cluster.close()
})

/** A device that is connected to the server that Muster is not. */
async function farDevice(deviceId: string): Promise<FieldDevice> {
  const { app, servers } = cluster
  const started = await startFieldDevice(app.authority, servers[1].url, deviceId, { updates: {} })
  devices.push(started)
  await started.device.whenState('registering')
  return started
}

function openWitness(answerTimeoutMs: number): ConnectionWitness {
  const witness = new ConnectionWitness({
    system: { connected: () => Promise.resolve(system) },
    log: silentLogger(),
    answerTimeoutMs,
  })
  closing.push(() => witness.close())
  return witness
}

test('a device on another server of the cluster is renewed, and seen there', async () => {
  const { app, servers } = cluster
  const far = await farDevice('far-1')
  const service = openRenewals({
    authority: app.authority,
    database: app.database,
    system,
    console,
    serverUrl: servers[1].url,
    devices: allOnline,
  })
  closing.push(() => service.close())
  const { id } = await service.start(
    {
      selection: { ids: [far.ledgerId] },
      others: 'leave',
      folder: null,
      validDays: 90,
      atOnce: 1,
      spreadMinutes: 0,
    },
    NEVER,
  )
  const item = () => service.items({ jobId: id, states: null, offset: 0, limit: 1 }).rows[0]
  await expect.poll(() => item()?.state).toBe('renewed')
  const states = app.authority.ledger.entriesOfKey(far.publicKey).map(({ state }) => state)
  expect(states).toEqual(['active', 'active'])
})

test('every server is asked who is connected, so that a missed event is made up for', async () => {
  const { app, servers } = cluster
  const far = await farDevice('far-2')
  const near = await logIn(servers[0].url, { jwt: far.credentials.nats.jwt, seed: far.seed })
  closing.push(() => near.close())
  const account = app.authority.tenants().find(({ name }) => name === TENANT)?.account ?? ''
  const seen = await openWitness(5_000).look(account, far.publicKey, NEVER)
  const digest = digestOf(far.credentials.nats.jwt)
  expect(seen.map((one) => one.digest)).toEqual([digest, digest])
  expect(await app.link.isUserConnected(account, far.publicKey, NEVER)).toBe(true)
})

test('while a server of the cluster keeps silent nobody counts as gone', async () => {
  const { app, servers } = cluster
  const far = await farDevice('far-3')
  const account = app.authority.tenants().find(({ name }) => name === TENANT)?.account ?? ''
  const witness = openWitness(300)
  process.kill(servers[1].pid, 'SIGSTOP')
  try {
    // The signal takes a moment to stop it.
    const answer = () => witness.look(account, far.publicKey, NEVER).catch(messageOf)
    await expect.poll(answer).toContain('Only 1 of 2')
  } finally {
    process.kill(servers[1].pid, 'SIGCONT')
  }
  await expect
    .poll(() => witness.look(account, far.publicKey, NEVER).catch(() => []))
    .toHaveLength(1)
})

test('in a cluster the proof keeps to one server, and passes', async () => {
  const { app, servers } = cluster
  const site = openProofSiteAt({
    authority: app.authority,
    servers: servers.toReversed().map(({ url }) => url),
    witness: app.link,
  })
  closing.push(() => site.close())
  const { report } = await site.reportOn([TENANT, 'beta', 'gamma'])
  expect(report.findings).toEqual([])
  expect(report).toMatchObject({ verdict: 'passed', mesh: { serverName: 'member-1' } })
  expect(report.controls.filter(({ worked, tried }) => worked < tried || tried === 0)).toEqual([])
})

test('behind one address for several servers the proof proves nothing, and says why', async () => {
  const { app, servers } = cluster
  const balancer = await openBalancer(servers.map(({ port }) => port))
  const { port } = balancer.address() as AddressInfo
  const site = openProofSiteAt({
    authority: app.authority,
    servers: [`nats://127.0.0.1:${port}`],
    witness: app.link,
  })
  closing.push(
    () => site.close(),
    () => balancer.close(),
  )
  const { report } = await site.reportOn([TENANT, 'beta'])
  expect(report.verdict).toBe('inconclusive')
  expect(report.findings.map(({ text }) => text).join('\n')).toContain('different servers')
})

/** Hands connections out in turn, as a load balancer does. */
async function openBalancer(ports: readonly number[]): Promise<Server> {
  let count = 0
  const server = createServer((socket) => {
    const port = ports[count % ports.length] ?? 0
    count += 1
    const other = connectSocket(port, '127.0.0.1')
    for (const [from, to] of [
      [socket, other],
      [other, socket],
    ] as const) {
      from.pipe(to)
      from.on('error', () => to.destroy())
      from.on('close', () => to.destroy())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
