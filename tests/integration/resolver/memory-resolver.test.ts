import { appendFile, chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freeTcpPort } from '../../support/free-tcp-port.ts'
import { logIn, type Login } from '../../support/log-in.ts'
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
let folder = ''
let configPath = ''
let port = 0
const BELOW = '\n# The admin’s own part.\nmax_payload: 2MB\npid_file: "server.pid"\n'

beforeEach(async () => {
  profile = await TestProfile.create()
  app = profile.open()
  port = await freeTcpPort()
  folder = join(profile.folder, 'server')
  await mkdir(folder)
  configPath = join(folder, 'nats.conf')
  await writeFile(configPath, BELOW)
  const urls = [`nats://127.0.0.1:${port}`]
  const { id } = await app.mesh.addManaged(order({ urls, resolver: 'memory', configPath }))
  server = await start()
  await app.mesh.use(id)
  await ready(app)
})
afterEach(async () => {
  await profile.close()
  await server.stop()
})

/** A server that reads the configuration file where it is. */
function start(): Promise<NatsServer> {
  return startNatsServer({ args: ['-c', configPath, '--pid', join(folder, 'server.pid')], port })
}

async function login(user: Login): Promise<void> {
  await (await logIn(server.url, user)).close()
}

test('a tenant and its limits reach the running server and last through a restart', async () => {
  await login(await issueDevice(app, 'pump-1'))
  await limitConnections(app, 'north', 5)
  expect(standingOf(await resolverOf(app).look(NEVER), 'north')).toBe('in-step')
  const text = await readFile(configPath, 'utf8')
  expect(text.endsWith(BELOW)).toBe(true)
  await server.stop()
  server = await start()
  await ready(app)
  await login(await issueDevice(app, 'pump-2'))
  const report = await resolverOf(app).look(NEVER)
  expect(report.kind).toBe('memory')
  expect(new Set(report.accounts.map(({ standing }) => standing))).toEqual(new Set(['in-step']))
})

test('a revocation counts at once, though nobody is logged in to the account', async () => {
  // A server says `code 200` to a change of an account that it does not use, and does nothing.
  const user = await issueDevice(app, 'pump-1')
  await app.authority.revoke({ publicKey: user.publicKey }, 'stolen', NEVER)
  await expect(login(user)).rejects.toThrow(/Authorization Violation/u)
  await server.stop()
  server = await start()
  await expect(login(user)).rejects.toThrow(/Authorization Violation/u)
})

test('who is in an account that is withdrawn is cut off, and stays out', async () => {
  const user = await issueDevice(app, 'pump-1')
  const connection = await logIn(server.url, user)
  await app.authority.tenantAccounts.withdraw('north', 'cleared', NEVER)
  await connection.closed()
  await expect(login(user)).rejects.toThrow(/Authorization Violation/u)
})

test('a server that can not read its configuration again leaves everything as it was', async () => {
  const before = await readFile(configPath, 'utf8')
  await appendFile(configPath, 'this is no configuration {\n')
  await expect(app.tenants.create('south')).rejects.toMatchObject({ code: 'PUSH_FAILED' })
  expect(app.tenants.list().find(({ name }) => name === 'south')?.state).toBe('error')
  const after = await readFile(configPath, 'utf8')
  expect(after.replace('this is no configuration {\n', '')).toBe(before)
})

test('a configuration file that can not be written is told, and nothing is recorded', async () => {
  const before = await readFile(configPath, 'utf8')
  const recorded = app.database.prepare('SELECT jwt FROM authority_accounts').all()
  // A folder in the way of the temporary file is what a full or read-only disk looks like to root too.
  await rm(configPath)
  await mkdir(configPath)
  await expect(limitConnections(app, 'north', 5)).rejects.toMatchObject({
    details: { reason: 'SERVER_CONFIG_UNREADABLE' },
  })
  expect(app.database.prepare('SELECT jwt FROM authority_accounts').all()).toEqual(recorded)
  await rm(configPath, { recursive: true })
  await writeFile(configPath, before)
  await limitConnections(app, 'north', 5)
})

test('an account that a stranger changed in the running server is seen and put right', async () => {
  await login(await issueDevice(app, 'pump-1'))
  const account = accountOf(app)
  const stranger = new TestOperator().accountJwt('north', account)
  await app.link.request(`$SYS.REQ.ACCOUNT.${account}.CLAIMS.UPDATE`, stranger, NEVER)
  const before = await resolverOf(app).look(NEVER)
  // nats-server goes on with what it had; whatever it says, it has to be in step in the end.
  expect(['in-step', 'foreign']).toContain(standingOf(before, 'north'))
  const after = await resolverOf(app).repair(account, 'push', NEVER)
  expect(standingOf(after, 'north')).toBe('in-step')
  await login(await issueDevice(app, 'pump-2'))
})

test('the file keeps its permissions', async () => {
  await chmod(configPath, 0o644)
  await limitConnections(app, 'north', 5)
  expect((await stat(configPath)).mode & 0o777).toBe(0o644)
})
