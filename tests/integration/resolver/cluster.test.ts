import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestApp } from '../mesh/support/test-app.ts'
import { startCluster, type ManagedCluster } from './support/managed-cluster.ts'
import { NEVER } from '#shared/never.ts'
import { accountOf, limitConnections, resolverOf, standingOf } from './support/managed-site.ts'

let cluster: ManagedCluster
let app: TestApp

beforeAll(async () => {
  cluster = await startCluster()
  app = cluster.app
})
afterAll(() => cluster.close())

test('a push is confirmed by every server of a cluster', async () => {
  await app.tenants.create('south')
  const report = await resolverOf(app).look(NEVER)
  expect(report.servers.map(({ name, cluster, inStep }) => [name, cluster, inStep])).toEqual([
    ['member-0', 'site', 4],
    ['member-1', 'site', 4],
  ])
  const file = `${accountOf(app, 'south')}.jwt`
  const [one, other] = await Promise.all(
    cluster.servers.map(({ folder }) => readFile(join(folder, 'resolver', file), 'utf8')),
  )
  expect(one).toBe(other)
})

test('a server that lacks an account is named, and gets it', async () => {
  const resolver = resolverOf(app)
  const account = accountOf(app, 'south')
  // As after a restored disk: this one's folder lacks a file, the others have no reason to tell it.
  const { folder } = cluster.servers[1]
  await rm(join(folder, 'resolver', `${account}.jwt`))
  const before = await resolver.look(NEVER)
  const south = before.accounts.find(({ name }) => name === 'south')
  expect(south?.standing).toBe('missing')
  const byName = new Map(before.servers.map(({ id: server, name }) => [server, name]))
  expect(south?.servers.map(({ serverId, standing }) => [byName.get(serverId), standing])).toEqual([
    ['member-0', 'in-step'],
    ['member-1', 'missing'],
  ])
  expect(standingOf(await resolver.repair(account, 'push', NEVER), 'south')).toBe('in-step')
  await readFile(join(folder, 'resolver', `${account}.jwt`))
})

test('one server with an older copy is seen, and put right', async () => {
  const resolver = resolverOf(app)
  const account = accountOf(app, 'south')
  const path = join(cluster.servers[1].folder, 'resolver', `${account}.jwt`)
  const older = await readFile(path, 'utf8')
  await limitConnections(app, 'south', 7)
  await writeFile(path, older)
  const report = await resolver.look(NEVER)
  expect(report.accounts[0]).toMatchObject({
    name: 'south',
    standing: 'older',
    differences: [{ area: 'limits', subject: 'connections', before: '7', after: 'no limit' }],
    repairs: ['push'],
  })
  expect(standingOf(await resolver.repair(account, 'push', NEVER), 'south')).toBe('in-step')
})

test('a change goes on while one server is away, which gets it when it is back', async () => {
  await cluster.servers[1].stop()
  await app.tenants.create('west')
  await cluster.start(1)
  // It fetches what it lacks every two minutes, or when somebody logs in; until then that is seen.
  const account = accountOf(app, 'west')
  const before = await resolverOf(app).look(NEVER)
  expect(standingOf(before, 'west')).toBe('missing')
  const report = await resolverOf(app).repair(account, 'push', NEVER)
  expect(standingOf(report, 'west')).toBe('in-step')
})
