import { jetstreamManager } from '@nats-io/jetstream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTenancy, type TenancyUnderTest } from './support/tenancy.ts'
import { NEVER } from '#shared/never.ts'

let under: TenancyUnderTest

beforeEach(async () => {
  under = await startTenancy()
})

afterEach(() => under.close())

/** A tenant with a device, a stream with a message in it, and another tenant that takes something from it. */
async function furnish() {
  const { deployment, tenancy } = under
  await tenancy.service.create('acme')
  await tenancy.service.create('other')
  await tenancy.calls.wiring.addImport(
    'other',
    {
      name: 'news',
      from: 'acme',
      subject: 'device-connect.acme.*.event.>',
      type: 'stream',
      localSubject: 'device-connect.other.from.acme.$1.event.>',
      offer: false,
    },
    NEVER,
  )
  const user = await deployment.authority.issueUser({
    account: { tenant: 'acme' },
    role: 'console',
    name: 'queue',
    ttlMs: 3_600_000,
    delivery: 'internal',
    permissions: (inbox) => ({
      pub: { allow: ['$JS.API.>', 'device-connect.>'] },
      sub: { allow: [`${inbox}.>`] },
    }),
  })
  const keeper = await deployment.connectAs(user)
  const manager = await jetstreamManager(keeper)
  await manager.streams.add({ name: 'commands', subjects: ['device-connect.acme.*.queue'] })
  await keeper.request('device-connect.acme.robot.queue', 'a command')
  const device = await deployment.device('acme', 'robot')
  return { device, keeper }
}

test('what clearing takes down is shown beforehand', async () => {
  await furnish()
  const { clearing } = under.tenancy.calls
  expect(await clearing.preview('acme', NEVER)).toMatchObject({
    accountGoes: true,
    sharedWith: [],
    credentials: 1,
    streams: [{ name: 'commands', messages: 1 }],
    importedBy: [{ tenant: 'other', subject: 'device-connect.acme.*.event.>', type: 'stream' }],
    keys: 2,
  })
})

test('clears a tenant with all that was its own, and nothing of anybody else', async () => {
  const { device } = await furnish()
  const { authority, keychain, publisher } = under.deployment
  const account = authority.tenants().find(({ name }) => name === 'acme')?.account ?? ''
  await authority.keys.addRoleKey({ account, role: 'device', tenant: 'acme' }, NEVER)
  const keys = authority.tenantAccounts.keysOf('acme')
  expect(keys).toHaveLength(3)
  const { clearing, wiring } = under.tenancy.calls
  await expect(clearing.clear('acme', 'Acme', NEVER)).rejects.toMatchObject({
    code: 'NAME_NOT_TYPED',
  })
  await clearing.clear('acme', 'acme', NEVER)
  await device.closed()
  expect(await publisher.list()).not.toContain(account)
  expect(under.tenancy.service.list().map(({ name }) => name)).toEqual(['other'])
  expect(keys.some((key) => keychain.entries.has(key))).toBe(false)
  expect(authority.ledger.entriesOfTenant('acme').every(({ state }) => state === 'revoked')).toBe(
    true,
  )
  expect(wiring.wiring('other').imports.every(({ ours }) => ours)).toBe(true)
  // The name is free again, and nothing of the old account comes back with it.
  await under.tenancy.service.create('acme')
  expect((await clearing.preview('acme', NEVER)).streams).toEqual([])
  const registry = await under.deployment.registry()
  const heard = registry.subscribe('device-connect.*.*.heartbeat', { max: 2 })
  await registry.flush()
  for (const tenant of ['acme', 'other']) {
    const again = await under.deployment.device(tenant, 'robot')
    again.publish(`device-connect.${tenant}.robot.heartbeat`, '{}')
  }
  let count = 0
  for await (const _message of heard) count += 1
  expect(count).toBe(2)
})

test('a shared tenant goes out of the account, its users are cut and the others work on', async () => {
  const { deployment, tenancy } = under
  for (const name of ['one', 'two']) {
    await tenancy.service.createWith({ name, isolation: 'shared', settings: { from: 'default' } })
  }
  const account = deployment.authority.tenants()[0]?.account ?? ''
  const roleKey = await deployment.authority.keys.addRoleKey(
    { account, role: 'device-own', tenant: 'one' },
    NEVER,
  )
  const one = await deployment.device('one', 'robot')
  const two = await deployment.device('two', 'robot')
  expect(await tenancy.calls.clearing.preview('one', NEVER)).toMatchObject({
    accountGoes: false,
    sharedWith: ['two'],
    keys: 1,
  })
  await tenancy.calls.clearing.clear('one', 'one', NEVER)
  await one.closed()
  await two.flush()
  expect(two.isClosed()).toBe(false)
  const claims = deployment.authority.tenantAccounts.book().claimsOf(account)
  expect(JSON.stringify(claims?.signing_keys)).not.toContain(roleKey.publicKey)
  expect(deployment.keychain.entries.has(roleKey.publicKey)).toBe(false)
  expect(tenancy.calls.wiring.wiring('two').exports.map(({ subject }) => subject)).toEqual([
    'device-connect.two.*.heartbeat',
    'device-connect.two.*.event.>',
    'device-connect.two.*.cmd',
  ])
})

test('one that never came to be is cleared too, and does not come back', async () => {
  const { deployment, tenancy } = under
  deployment.publisher.around = () => Promise.reject(new Error('no mesh'))
  await expect(tenancy.service.create('acme')).rejects.toMatchObject({ code: 'PUSH_FAILED' })
  deployment.publisher.around = (request) => request()
  expect(await tenancy.calls.clearing.preview('acme', NEVER)).toMatchObject({ connections: 0 })
  await tenancy.calls.clearing.clear('acme', 'acme', NEVER)
  await deployment.authority.procedures.takeUp('mesh', NEVER)
  expect(tenancy.service.list()).toEqual([])
  expect(deployment.keychain.entries.size).toBe(6)
})
