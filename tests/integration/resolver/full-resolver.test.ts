import { afterEach, beforeEach, expect, test } from 'vitest'
import type { NatsServer } from '../../support/nats-server.ts'
import { TestProfile } from '../mesh/support/test-app.ts'
import { TestOperator } from '../mesh/support/test-operator.ts'
import { NEVER } from '#shared/never.ts'
import { accountOf, manage, resolverOf, standingOf } from './support/managed-site.ts'

let profile: TestProfile
const servers: NatsServer[] = []

beforeEach(async () => {
  profile = await TestProfile.create()
})
afterEach(async () => {
  await profile.close()
  await Promise.all(servers.splice(0).map((server) => server.stop()))
})

test('a server elsewhere is managed: configured, connected, its first tenant made', async () => {
  const app = profile.open()
  const site = await manage(app)
  servers.push(site.server)
  expect(app.mesh.state()).toMatchObject({ kind: 'remote', name: 'Plant 7', problem: null })
  await app.mesh.confirmTenant('north', NEVER)
  expect(app.mesh.deviceEndpoint().urls).toEqual([site.server.url])
  expect(app.mesh.connections()).toMatchObject([{ managed: true, active: true, tenant: 'north' }])
  const report = await resolverOf(app).look(NEVER)
  expect(report).toMatchObject({ kind: 'full', servers: [{ inStep: 3, foreign: 0 }] })
  expect(new Set(report.accounts.map(({ standing }) => standing))).toEqual(new Set(['in-step']))
  expect(JSON.stringify(report)).not.toContain('eyJ')
})

test('an account that a stranger signed is found, shown and repaired before a restart', async () => {
  const app = profile.open()
  const site = await manage(app)
  servers.push(site.server)
  const resolver = resolverOf(app)
  const account = accountOf(app)
  const stranger = new TestOperator()
  await app.link.updateClaims(stranger.accountJwt('north', account), NEVER)
  await app.link.updateClaims(stranger.accountJwt('intruder', stranger.account.publicKey), NEVER)
  const before = await resolver.look(NEVER)
  expect(before.accounts.slice(0, 2)).toMatchObject([
    {
      name: 'intruder',
      standing: 'foreign',
      foreignIssuer: stranger.operator.publicKey,
      repairs: ['delete'],
    },
    { name: 'north', standing: 'foreign', repairs: ['push'] },
  ])
  expect(before.servers).toMatchObject([{ foreign: 2 }])
  await resolver.repair(account, 'push', NEVER)
  const after = await resolver.repair(stranger.account.publicKey, 'delete', NEVER)
  expect(standingOf(after, 'north')).toBe('in-step')
  expect(standingOf(after, 'intruder')).toBeUndefined()
})
