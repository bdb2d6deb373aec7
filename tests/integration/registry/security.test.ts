import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NatsConnection } from '@nats-io/nats-core'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { IssuedUser } from '../../../src/main/authority/user-issue.ts'
import { until } from '../../support/until.ts'
import { startDeployment, type Deployment } from '../authority/support/deployment.ts'
import { startSidecar, whenServing, type RunningSidecar } from './running-sidecar.ts'
import { WireClient } from './wire-device.ts'
import { NEVER } from '#shared/never.ts'

const DAY_MS = 24 * 60 * 60 * 1000

let deployment: Deployment
let user: IssuedUser
let sidecar: RunningSidecar

beforeAll(async () => {
  deployment = await startDeployment()
  await deployment.authority.createTenant('alpha', { isolation: 'account' }, NEVER)
  await deployment.authority.createTenant('shared-1', { isolation: 'shared' }, NEVER)
  await deployment.authority.createTenant('shared-2', { isolation: 'shared' }, NEVER)
  user = await deployment.authority.issueUser({
    account: 'registry',
    role: 'registry',
    name: 'registry',
    ttlMs: DAY_MS,
    delivery: 'internal',
  })
  sidecar = await startSidecar([deployment.server.url], { credentials: credentialsOf(user) })
  await whenServing(sidecar.supervisor)
})
afterAll(async () => {
  await sidecar.close()
  await deployment.close()
})

function credentialsOf({ jwt, seed, inboxPrefix }: IssuedUser) {
  return { jwt, seed: seed ?? '', inboxPrefix, expiresAt: null }
}

const clientOf = (connection: NatsConnection) => new WireClient(connection, 'device-connect')

/** A device of the tenant comes, is found by its console, beats, goes and is asked back. */
async function liveCycle(tenant: string): Promise<void> {
  const device = clientOf(await deployment.device(tenant, 'robot-1'))
  const console = clientOf(await deployment.console(tenant))
  const notices = await console.notices(tenant)
  await device.answerRecovery(tenant, 'robot-1', { device_ttl: 1 })
  expect(await device.register(tenant, 'robot-1', { device_ttl: 1 })).toHaveProperty('result')
  expect(await console.list(tenant)).toEqual(['robot-1'])
  device.beat(tenant, 'robot-1', { battery: 11 })
  await until('its status is merged', async () => {
    const record = await console.record(tenant, 'robot-1')
    return (record?.['status'] as { battery?: number } | undefined)?.battery === 11
  })
  await until('it goes offline', () => notices.some(({ method }) => method === 'device/offline'))
  device.beat(tenant, 'robot-1')
  await until('it is asked back', () => notices.at(-1)?.method === 'device/online')
}

test('in account-per-tenant isolation the wildcards of one connection serve a tenant', () =>
  liveCycle('alpha'))

test('in a shared account they do the same', async () => {
  await liveCycle('shared-1')
  await liveCycle('shared-2')
})

test('a tenant that is made while the registry runs is served without a restart', async () => {
  await deployment.authority.createTenant('late', { isolation: 'account' }, NEVER)
  await liveCycle('late')
  expect(sidecar.supervisor.state().restarts).toBe(0)
})

test('tenants do not see each other in discovery', async () => {
  const console = clientOf(await deployment.console('alpha'))
  await expect(console.list('late')).rejects.toThrow()
})

test('with the credentials of one tenant the registry serves that tenant', async () => {
  const tenantUser = await deployment.authority.issueUser({
    account: { tenant: 'shared-1' },
    role: 'device',
    deviceId: 'registry',
    name: 'registry',
    ttlMs: DAY_MS,
    delivery: 'internal',
  })
  const own = await startSidecar([deployment.server.url], {
    credentials: credentialsOf(tenantUser),
    tenants: null,
    knownTenants: ['shared-1'],
  })
  try {
    await whenServing(own.supervisor)
    await sidecar.supervisor.close()
    const device = clientOf(await deployment.device('shared-1', 'robot-2'))
    await until('it answers', async () => {
      const reply = await device.register('shared-1', 'robot-2').catch(() => undefined)
      return reply?.['result'] !== undefined
    })
    await until('it shows', () => own.supervisor.devices().some((d) => d.deviceId === 'robot-2'))
  } finally {
    await own.close()
  }
})

test('neither seed nor JWT stands in the log of the registry', async () => {
  const log = await readFile(join(sidecar.folder, 'registry.log'), 'utf8')
  expect(log).toContain('the registry serves')
  expect(log).not.toContain(user.seed)
  expect(log).not.toContain(user.jwt.slice(0, 40))
})
