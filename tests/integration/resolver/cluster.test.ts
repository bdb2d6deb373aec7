import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freeTcpPort } from '../../support/free-tcp-port.ts'
import { startNatsServer, type NatsServer } from '../../support/nats-server.ts'
import { until } from '../../support/until.ts'
import { TestProfile, type TestApp } from '../mesh/support/test-app.ts'
import {
  accountOf,
  limitConnections,
  NEVER,
  order,
  ready,
  resolverOf,
  standingOf,
} from './support/managed-site.ts'

let profile: TestProfile
let app: TestApp
let id = ''
const servers: NatsServer[] = []
const ports: number[] = []
const routes: number[] = []

async function startMember(index: number): Promise<NatsServer> {
  const others = routes.filter((_port, other) => other !== index)
  const server = await startNatsServer({
    config: `${await app.mesh.configuration(id)}
server_name: "member-${index}"
cluster { name: site, listen: "127.0.0.1:${routes[index]}", routes: [${others.map((port) => `"nats://127.0.0.1:${port}"`).join()}] }
`,
    port: ports[index]!,
  })
  servers[index] = server
  return server
}

const both = () =>
  until('two servers', async () => {
    app.publisher.roster.forget()
    return (await app.publisher.roster.servers(NEVER)).length === 2
  })

beforeAll(async () => {
  profile = await TestProfile.create()
  app = profile.open()
  for (const list of [ports, ports, routes, routes]) list.push(await freeTcpPort())
  const urls = ports.map((port) => `nats://127.0.0.1:${port}`)
  id = (await app.mesh.addManaged(order({ urls }))).id
  await Promise.all([startMember(0), startMember(1)])
  await app.mesh.use(id)
  await ready(app)
  await both()
})
afterAll(async () => {
  await profile.close()
  await Promise.all(servers.map((server) => server.stop()))
})

test('a push is confirmed by every server of a cluster', async () => {
  await app.tenants.create('south')
  const report = await resolverOf(app).look(NEVER)
  expect(report.servers.map(({ name, cluster, inStep }) => [name, cluster, inStep])).toEqual([
    ['member-0', 'site', 4],
    ['member-1', 'site', 4],
  ])
  const file = `${accountOf(app, 'south')}.jwt`
  const [one, other] = await Promise.all(
    servers.map(({ folder }) => readFile(join(folder, 'resolver', file), 'utf8')),
  )
  expect(one).toBe(other)
})

test('a server that lacks an account is named, and gets it', async () => {
  const resolver = resolverOf(app)
  const account = accountOf(app, 'south')
  // As after a restored disk: this one's folder lacks a file, the others have no reason to tell it.
  const { folder } = servers[1]!
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
  const path = join(servers[1]!.folder, 'resolver', `${account}.jwt`)
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
  await servers[1]!.stop()
  await app.tenants.create('west')
  await startMember(1)
  await both()
  // It fetches what it lacks every two minutes, or when somebody logs in; until then that is seen.
  const account = accountOf(app, 'west')
  const before = await resolverOf(app).look(NEVER)
  expect(standingOf(before, 'west')).toBe('missing')
  const report = await resolverOf(app).repair(account, 'push', NEVER)
  expect(standingOf(report, 'west')).toBe('in-step')
})
