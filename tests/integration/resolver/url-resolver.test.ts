import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { AccountServer } from '../../../src/main/registry/account-server.ts'
import { createNkey } from '../../../src/main/authority/nkey.ts'
import { freeTcpPort } from '../../support/free-tcp-port.ts'
import { logIn } from '../../support/log-in.ts'
import { startNatsServer, type NatsServer } from '../../support/nats-server.ts'
import { TestProfile, type TestApp } from '../mesh/support/test-app.ts'
import { TestOperator } from '../mesh/support/test-operator.ts'
import { NEVER } from '#shared/never.ts'
import {
  accountOf,
  issueDevice,
  limitConnections,
  order,
  ready,
  resolverOf,
  standingOf,
} from './support/managed-site.ts'

let profile: TestProfile
let app: TestApp
let server: NatsServer
let accounts: AccountServer
let id = ''
let port = 0
let base = ''
let folder = ''

beforeEach(async () => {
  profile = await TestProfile.create()
  app = profile.open()
  port = await freeTcpPort()
  const at = { host: '127.0.0.1', port: await freeTcpPort() }
  base = `http://127.0.0.1:${at.port}/jwt/v1/accounts`
  const urls = [`nats://127.0.0.1:${port}`]
  id = (await app.mesh.addManaged(order({ urls, resolver: 'url', accounts: at, registry: true })))
    .id
  folder = join(profile.folder, 'mesh', 'accounts')
  accounts = new AccountServer({ ...at, folder, logger: silentLogger() })
  await accounts.listening()
  server = await start()
  await app.mesh.use(id)
  await ready(app)
})
afterEach(async () => {
  await profile.close()
  await server.stop()
  await accounts.close()
})

async function start(): Promise<NatsServer> {
  return startNatsServer({ config: await app.mesh.configuration(id), port })
}

test('the registry is told to serve the accounts of the mesh in use', () => {
  expect(app.mesh.registryAccess()?.accountServer).toMatchObject({ host: '127.0.0.1', folder })
  expect(app.mesh.managed()).toMatchObject([{ resolver: 'url', accountsUrl: `${base}/` }])
})

test('a change reaches who is connected at once, and a restarted server fetches it', async () => {
  const [kept, stolen] = [await issueDevice(app, 'pump-1'), await issueDevice(app, 'pump-2')]
  const connections = [await logIn(server.url, kept), await logIn(server.url, stolen)]
  await app.authority.revoke({ publicKey: stolen.publicKey }, 'stolen', NEVER)
  expect(await connections[1]!.closed()).toBeInstanceOf(Error)
  expect(connections[0]!.isClosed()).toBe(false)
  await connections[0]!.close()
  await server.stop()
  server = await start()
  await ready(app)
  await expect(logIn(server.url, stolen)).rejects.toThrow(/Authorization Violation/u)
  await (await logIn(server.url, kept)).close()
  await limitConnections(app, 'north', 5)
  const report = await resolverOf(app).look(NEVER)
  expect(report).toMatchObject({ kind: 'url' })
  expect(standingOf(report, 'north')).toBe('in-step')
})

test('who is in an account that is withdrawn is cut off, and stays out', async () => {
  const user = await issueDevice(app, 'pump-1')
  const connection = await logIn(server.url, user)
  await app.authority.tenantAccounts.withdraw('north', 'cleared', NEVER)
  await connection.closed()
  await expect(logIn(server.url, user)).rejects.toThrow(/Authorization Violation/u)
})

test('account JWTs are served as the protocol says', async () => {
  const bare = await Promise.all([fetch(base), fetch(`${base}/`)])
  expect(bare.map(({ status }) => status)).toEqual([200, 200])
  const account = accountOf(app)
  const answer = await fetch(`${base}/${account}`)
  expect(answer.headers.get('content-type')).toBe('application/jwt')
  expect(await answer.text()).toBe(await readFile(join(folder, `${account}.jwt`), 'utf8'))
  const etag = answer.headers.get('etag') ?? ''
  const again = await fetch(`${base}/${account}`, { headers: { 'if-none-match': etag } })
  expect([again.status, await again.text()]).toEqual([304, ''])
  await limitConnections(app, 'north', 5)
  const changed = await fetch(`${base}/${account}`, { headers: { 'if-none-match': etag } })
  expect(changed.status).toBe(200)
  const unknown = createNkey('account').publicKey
  const strange = [unknown, 'x', '../muster.db', '%2e%2e/muster.db', `${account}.jwt`, 'operator']
  for (const path of strange) expect((await fetch(`${base}/${path}`)).status).toBe(404)
  expect((await fetch(`${base}/${account}`, { method: 'POST' })).status).toBe(405)
})

test('what the operator did not sign is never served', async () => {
  const account = accountOf(app)
  const path = join(folder, `${account}.jwt`)
  const good = await readFile(path, 'utf8')
  const foreign = new TestOperator().accountJwt('north', account)
  const registry = app.authority.operator()?.registryAccount ?? ''
  const other = await readFile(join(folder, `${registry}.jwt`), 'utf8')
  for (const bad of [foreign, other, good.slice(0, -20), 'not a JWT', '']) {
    await writeFile(path, bad)
    expect((await fetch(`${base}/${account}`)).status).toBe(404)
  }
  const report = await resolverOf(app).look(NEVER)
  expect(standingOf(report, 'north')).toBe('foreign')
  await resolverOf(app).repair(account, 'push', NEVER)
  expect((await fetch(`${base}/${account}`)).status).toBe(200)
})
