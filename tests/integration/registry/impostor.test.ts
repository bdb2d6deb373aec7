import { headers, type NatsConnection } from '@nats-io/nats-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dialectOf } from '#shared/protocol/dialect.ts'
import { DeviceOwners } from '../../../src/main/app/device-owners.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import type { Impostor } from '../../../src/main/registry/identity-guard.ts'
import { openRegistry, type Registry } from '../../../src/main/registry/registry.ts'
import { deviceParams, RecordingStore } from '../../support/registry-parts.ts'
import { startDeployment, type Deployment } from '../authority/support/deployment.ts'
import { WireClient } from './wire-device.ts'
import { NEVER } from '#shared/never.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const REFUSED = { error: { code: -32003 } }

let deployment: Deployment
let registry: Registry
let owners: DeviceOwners
const impostors: Impostor[] = []

beforeAll(async () => {
  deployment = await startDeployment()
  await deployment.authority.createTenant('alpha', { isolation: 'account' }, NEVER)
  await deployment.authority.createTenant('shared-1', { isolation: 'shared' }, NEVER)
  registry = await openRegistry(
    {
      dialect: dialectOf('device-connect'),
      store: new RecordingStore(),
      logger: silentLogger(),
      trustsRequesters: true,
      onImpostor: (impostor) => void impostors.push(impostor),
    },
    NEVER,
  )
  const connection = await deployment.registry()
  registry.serve(connection)
  await connection.flush()
  owners = new DeviceOwners(deployment.authority.ledger, (devices, replace) =>
    registry.own(devices, replace),
  )
  owners.begin()
})
afterAll(async () => {
  owners.close()
  await registry.close()
  await deployment.close()
})

const clientOf = (connection: NatsConnection) => new WireClient(connection, 'device-connect')

async function deviceOf(tenant: string, name: string): Promise<WireClient> {
  return clientOf(await deployment.device(tenant, name))
}

test.each(['alpha', 'shared-1'])(
  'in %s a device registers under its own id, and under no other device’s',
  async (tenant) => {
    const [one, two] = [await deviceOf(tenant, 'robot-1'), await deviceOf(tenant, 'robot-2')]
    expect(await one.register(tenant, 'robot-1')).toHaveProperty('result')
    expect(await two.register(tenant, 'robot-2')).toHaveProperty('result')
    const before = impostors.length
    expect(await two.register(tenant, 'robot-1')).toMatchObject(REFUSED)
    expect(await two.register(tenant, 'robot-1')).toMatchObject(REFUSED)
    expect(impostors.slice(before)).toMatchObject([
      { tenant, deviceId: 'robot-1', name: 'robot-2', publicKey: expect.stringMatching(/^U/u) },
    ])
    expect(registry.stats().impostors).toBeGreaterThanOrEqual(2)
  },
)

test('an id that was issued and has not connected yet is guarded too', async () => {
  const thief = await deviceOf('alpha', 'thief')
  await deployment.authority.issueUser({
    account: { tenant: 'alpha' },
    role: 'device',
    name: 'Pump in the hall',
    deviceId: 'pump-9',
    ttlMs: DAY_MS,
    delivery: 'commissioning',
  })
  expect(await thief.register('alpha', 'pump-9')).toMatchObject(REFUSED)
})

test('a device that was commissioned anew, with another key, is let in at once', async () => {
  const before = await deviceOf('alpha', 'again')
  expect(await before.register('alpha', 'again')).toHaveProperty('result')
  const after = await deviceOf('alpha', 'again')
  expect(await after.register('alpha', 'again')).toHaveProperty('result')
})

test('an id that is nobody’s own may be registered by a gateway', async () => {
  const gateway = await deviceOf('alpha', 'gateway')
  expect(await gateway.register('alpha', 'child-1')).toHaveProperty('result')
})

test('who asks can not be forged with a header', async () => {
  const victim = await deviceOf('alpha', 'victim')
  await victim.register('alpha', 'victim')
  const forger = await deviceOf('alpha', 'forger')
  const forged = headers()
  for (const name of ['Nats-Request-Info', 'Nats-Request-Info', 'nats-request-info']) {
    forged.append(name, JSON.stringify({ user: 'UFORGED', name_tag: 'victim' }))
  }
  const request = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'registerDevice',
    params: deviceParams('victim'),
  })
  const reply = await forger.connection.request('device-connect.alpha.registry', request, {
    timeout: 30_000,
    headers: forged,
  })
  expect(reply.json()).toMatchObject(REFUSED)
})

test('tenants that were wired before get it at the next connect, and only once', async () => {
  const { tenantAccounts } = deployment.authority
  const shareOf = () => {
    const book = tenantAccounts.book()
    const { publicKey } = book.accountOf('alpha')
    return book.claimsOf(publicKey)?.imports?.find(({ name }) => name === 'registry')?.share
  }
  await tenantAccounts.edit(
    'As an earlier version wired it.',
    (book) => {
      const { publicKey } = book.accountOf('alpha')
      const claims = book.claimsOf(publicKey)
      if (claims === undefined) throw new Error('no claims')
      const imports = claims.imports.map(({ share: _share, ...taken }) => taken)
      return new Map([[publicKey, { ...claims, imports }]])
    },
    NEVER,
  )
  expect(shareOf()).toBeUndefined()
  await tenantAccounts.refreshWiring(NEVER)
  expect(shareOf()).toBe(true)
  const jwts = () => deployment.authority.tenantAccounts.book().accounts.map(({ jwt }) => jwt)
  const before = jwts()
  await tenantAccounts.refreshWiring(NEVER)
  expect(jwts()).toEqual(before)
})
