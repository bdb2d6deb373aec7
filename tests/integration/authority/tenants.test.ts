import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeJwt } from '../../../src/main/authority/jwt.ts'
import { createNkey } from '../../../src/main/authority/nkey.ts'
import { signerOf } from '../../../src/main/authority/signer.ts'
import { startDeployment, type Deployment } from './support/deployment.ts'
import { NEVER } from '#shared/never.ts'

const DAY_MS = 24 * 60 * 60 * 1000
let deployment: Deployment

beforeAll(async () => {
  deployment = await startDeployment()
})

afterAll(() => deployment.close())

test('creating a tenant again returns it and pushes nothing', async () => {
  const { authority } = deployment
  const first = await authority.createTenant('acme', { isolation: 'account' }, NEVER)
  const { accounts } = await authority.bootstrap()
  expect(await authority.createTenant('acme', { isolation: 'account' }, NEVER)).toEqual(first)
  expect((await authority.bootstrap()).accounts).toEqual(accounts)
  await expect(
    authority.createTenant('acme', { isolation: 'shared' }, NEVER),
  ).rejects.toMatchObject({ code: 'TENANT_ISOLATION_FIXED' })
})

test.each(['', 'a.b', '*', 'a b', 'a\n', 'ä', 'x'.repeat(65)])(
  'refuses %j as the name of a tenant',
  async (name) => {
    await expect(
      deployment.authority.createTenant(name, { isolation: 'account' }, NEVER),
    ).rejects.toMatchObject({ code: 'TENANT_NAME' })
  },
)

test('tenants that are created at the same time all come to be', async () => {
  const { authority } = deployment
  const names = ['REGISTRY', 'SYS', 'DEVICES', 'a', 'b', 'c']
  await Promise.all(
    names.map((name) => authority.createTenant(name, { isolation: 'account' }, NEVER)),
  )
  const registry = await deployment.registry()
  const heard = registry.subscribe('device-connect.*.*.heartbeat', { max: names.length })
  await registry.flush()
  for (const name of names) {
    const device = await deployment.device(name, 'robot')
    device.publish(`device-connect.${name}.robot.heartbeat`, '{}')
  }
  const subjects: string[] = []
  for await (const message of heard) subjects.push(message.subject)
  expect(subjects.toSorted()).toEqual(
    names.map((name) => `device-connect.${name}.robot.heartbeat`).toSorted(),
  )
})

test('shared tenants live in one account, served by the same registry, apart by permissions', async () => {
  const { authority } = deployment
  const one = await authority.createTenant('one', { isolation: 'shared' }, NEVER)
  const two = await authority.createTenant('two', { isolation: 'shared' }, NEVER)
  expect(two.account).toBe(one.account)
  const registry = await deployment.registry()
  registry.subscribe('device-connect.*.registry', {
    queue: 'registry',
    callback: (_error, message) => void message.respond(message.subject),
  })
  await registry.flush()
  for (const tenant of ['one', 'two']) {
    const device = await deployment.device(tenant, 'robot')
    device.subscribe(`device-connect.${tenant}.robot.cmd`, {
      callback: (_error, message) => void message.respond(`done by ${tenant}`),
    })
    const answer = await device.request(`device-connect.${tenant}.registry`, '{}')
    expect(answer.string()).toBe(`device-connect.${tenant}.registry`)
    const result = await registry.request(`device-connect.${tenant}.robot.cmd`, '{}')
    expect(result.string()).toBe(`done by ${tenant}`)
  }
  const device = await deployment.device('one', 'spy')
  const refused = new Promise<Error | null>((resolve) => {
    device.subscribe('device-connect.two.>', { callback: (error) => resolve(error) })
  })
  expect(String(await refused)).toContain('device-connect.two.>')
})

test('JetStream keeps a command queue in the account of a tenant', async () => {
  const { authority, keychain, database } = deployment
  const { account } = await authority.createTenant('queue', { isolation: 'account' }, NEVER)
  const row = database
    .prepare("SELECT public_key FROM authority_keys WHERE holder = ? AND purpose = 'signing'")
    .get(account)
  const user = createNkey('user')
  const jwt = encodeJwt(
    {
      name: 'jetstream',
      subject: user.publicKey,
      type: 'user',
      nats: { subs: -1, data: -1, payload: -1, issuer_account: account },
      issuedAt: Math.floor(Date.now() / 1000),
    },
    signerOf(keychain.entries.get(String(row?.['public_key'])) ?? ''),
  )
  const connection = await deployment.connectAs({
    ledgerId: '',
    ...user,
    jwt,
    expiresAt: new Date(),
    inboxPrefix: '_INBOX',
    accountPublicKey: account,
  })
  const manager = await jetstreamManager(connection)
  await manager.streams.add({
    name: 'queue',
    subjects: ['device-connect.*.*.queue'],
    retention: 'workqueue',
    storage: 'file',
  })
  await jetstream(connection).publish('device-connect.queue.robot.queue', '{}')
  expect((await manager.streams.info('queue')).state.messages).toBe(1)
})

test('tells whether credentials can be issued for a tenant', async () => {
  const { authority, keychain } = deployment
  await authority.createTenant('locked', { isolation: 'account' }, NEVER)
  expect(await authority.canIssue('locked')).toBe(true)
  expect(await authority.canIssue('nobody')).toBe(false)
  const kept = new Map(keychain.entries)
  keychain.entries.clear()
  expect(await authority.canIssue('locked')).toBe(false)
  await expect(
    authority.issueUser({
      account: { tenant: 'locked' },
      role: 'device',
      name: 'robot',
      ttlMs: DAY_MS,
      delivery: 'file',
    }),
  ).rejects.toMatchObject({ code: 'ACCOUNT_KEYS_MISSING' })
  await expect(
    authority.createTenant('new', { isolation: 'account' }, NEVER),
  ).rejects.toMatchObject({ code: 'OPERATOR_KEYS_MISSING' })
  for (const [key, seed] of kept) keychain.entries.set(key, seed)
  await authority.createTenant('new', { isolation: 'account' }, NEVER)
})

test('a user is refused after its credential expired', async () => {
  const { authority } = deployment
  const user = await authority.issueUser({
    account: { tenant: 'acme' },
    role: 'device',
    name: 'short-lived',
    ttlMs: 4_000,
    delivery: 'file',
  })
  const connection = await deployment.connectAs(user)
  expect(String(await connection.closed())).toMatch(/expired|authentication/iu)
  // The server still takes it within the very second of its expiry.
  await expect
    .poll(() => deployment.connectAs(user).then(() => 'connected', String))
    .toMatch(/authorization|expired/iu)
})
