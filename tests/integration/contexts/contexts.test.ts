import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, credsAuthenticator } from '@nats-io/transport-node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { composeNsc } from '../../../src/main/app/nsc.ts'
import { createNkey } from '../../../src/main/authority/nkey.ts'
import { ContextsService } from '../../../src/main/contexts/contexts-service.ts'
import { noAudit } from '../../support/no-audit.ts'
import { startNatsServer, type NatsServer } from '../../support/nats-server.ts'
import { until } from '../../support/until.ts'
import { TestProfile, type TestApp } from '../mesh/support/test-app.ts'
import { TestOperator } from '../mesh/support/test-operator.ts'

const operator = new TestOperator()
let home: string
let profile: TestProfile
let app: TestApp
let contexts: ContextsService
let server: NatsServer | undefined

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-contexts-'))
  profile = await TestProfile.create()
  app = profile.open()
  contexts = new ContextsService({
    meshes: app.mesh,
    audit: noAudit,
    issue: (tenant, role, name, ttlMs) =>
      app.authority.issueUser({
        account: { tenant },
        role,
        name,
        ttlMs,
        delivery: 'file',
        inbox: 'private',
      }),
    withdraw: (id) => app.authority.strike(id, 'It could not be written.'),
    environment: { home, variables: { SITE: join(home, 'site') } },
  })
})
afterEach(async () => {
  await profile.close()
  await server?.stop()
  server = undefined
  await rm(home, { recursive: true, force: true })
})

async function write(path: string, content: string): Promise<string> {
  const full = join(home, path)
  await mkdir(join(full, '..'), { recursive: true })
  await writeFile(full, content)
  return full
}

const context = (name: string, fields: object) =>
  write(`.config/nats/context/${name}.json`, JSON.stringify(fields))

const credsOf = ({ jwt, seed }: { jwt: string; seed: string }) =>
  `-----BEGIN NATS USER JWT-----\n${jwt}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`

const take = (name: string) =>
  contexts.import({
    name,
    connectionName: `from ${name}`,
    dialect: 'device-connect',
    tenant: 'north',
  })

async function connected(id: string): Promise<void> {
  await app.mesh.use(id)
  await until('the mesh', () => app.mesh.state().state === 'connected')
}

test('lists contexts with how they log in, and why one can not be taken over', async () => {
  await write('site/north.creds', credsOf(operator.user()))
  await context('good', {
    description: 'The site',
    url: 'nats://one:4222,two',
    creds: '$SITE/north.creds',
  })
  await context('gone', { url: 'tls://one:4222', creds: '~/nowhere.creds' })
  await context('token', { url: 'nats://one', token: 'secret-token' })
  await context('in-url', { url: 'nats://kim:secret-word@one:4222', token: 'secret-token' })
  await context('open', { url: 'nats://one' })
  await write('.config/nats/context/broken.json', '{"url":')
  await write('.config/nats/context.txt', 'good\n')
  const listed = await contexts.list()
  expect(listed.map(({ name, login, problem }) => [name, login, problem?.code ?? null])).toEqual([
    ['broken', 'none', 'CONTEXT_MALFORMED'],
    ['gone', 'credentials', 'CONTEXT_FILE'],
    ['good', 'credentials', null],
    ['in-url', 'token', 'CONTEXT_LOGIN'],
    ['open', 'none', 'CONTEXT_LOGIN'],
    ['token', 'token', null],
  ])
  expect(listed.find(({ name }) => name === 'good')).toMatchObject({
    description: 'The site',
    urls: ['nats://one:4222', 'nats://two'],
    selected: true,
    tls: false,
  })
  expect(JSON.stringify(listed)).not.toMatch(/secret|eyJ|SU[A-Z2-7]{56}/u)
})

test('takes a context with credentials over, and its connection works', async () => {
  server = await startNatsServer({ config: operator.config(), files: operator.files() })
  await write('site/north.creds', credsOf(operator.user()))
  const path = await context('site', {
    url: server.url,
    creds: '~/site/north.creds',
    jetstream_domain: 'hub',
  })
  const before = await readFile(path, 'utf8')
  const { connection } = await take('site')
  await connected(connection)
  expect(app.mesh.connections()).toMatchObject([
    { name: 'from site', tenant: 'north', active: true },
  ])
  expect(await readFile(path, 'utf8')).toBe(before)
  await expect(take('site')).rejects.toMatchObject({ code: 'CONNECTION_EXISTS' })
})

test.for(['password', 'token', 'nkey'] as const)(
  'takes a context that logs in by %s over',
  async (login) => {
    const user = createNkey('user')
    const config = {
      password: 'authorization { user: kim, password: "pass word" }',
      token: 'authorization { token: "a-token" }',
      nkey: `authorization { users: [ { nkey: ${user.publicKey} } ] }`,
    }
    const fields = {
      password: { user: 'kim', password: 'pass word' },
      token: { token: 'a-token' },
      nkey: { nkey: '~/site/user.nk' },
    }
    await write('site/user.nk', `${user.seed}\n`)
    server = await startNatsServer({ config: config[login] })
    await context('plain', { url: server.url, ...fields[login] })
    const { connection } = await take('plain')
    await connected(connection)
    // What was taken in goes out again.
    const written = await contexts.export({ name: 'out', source: { connection } })
    const out = JSON.parse(await readFile(written.path, 'utf8')) as Record<string, string>
    if (login === 'nkey') expect(await readFile(out['nkey'] ?? '', 'utf8')).toBe(user.seed)
    else expect(out).toMatchObject(fields[login])
    expect((await stat(written.path)).mode & 0o777).toBe(0o600)
  },
)

test('writes a context for a tenant of ours, which logs in, and keeps unknown fields', async () => {
  await app.mesh.createLocal({
    dialect: 'device-connect',
    tenant: 'north',
    reach: { kind: 'loopback' },
  })
  const source = { tenant: 'north', role: 'console', days: 30 } as const
  const { path, credentialsPath } = await contexts.export({ name: 'north', source })
  expect((await stat(credentialsPath)).mode & 0o777).toBe(0o600)
  const first = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
  expect(first).toMatchObject({
    url: app.mesh.state().deviceUrls[0],
    creds: credentialsPath,
    inbox_prefix: expect.stringMatching(/^_INBOX_U/u) as string,
  })

  // The person and a newer nats CLI add to it; Muster writes it anew.
  await writeFile(
    path,
    JSON.stringify({
      ...first,
      jetstream_domain: 'hub',
      color_scheme: 'blue',
      of_tomorrow: { deep: [1] },
    }),
  )
  await contexts.export({ name: 'north', source })
  const second = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
  expect(second).toMatchObject({
    jetstream_domain: 'hub',
    color_scheme: 'blue',
    of_tomorrow: { deep: [1] },
  })
  expect(second['inbox_prefix']).not.toBe(first['inbox_prefix'])

  // As the nats CLI would connect by it.
  const client = await connect({
    servers: String(second['url']),
    authenticator: credsAuthenticator(await readFile(credentialsPath)),
    inboxPrefix: String(second['inbox_prefix']),
  })
  await client.flush()
  await client.close()
})

test('leaves a context of somebody else alone, and takes the credential back', async () => {
  await app.mesh.createLocal({
    dialect: 'device-connect',
    tenant: 'north',
    reach: { kind: 'loopback' },
  })
  const path = await context('mine', { url: 'nats://one', token: 'a-token' })
  const before = await readFile(path, 'utf8')
  await expect(
    contexts.export({ name: 'mine', source: { tenant: 'north', role: 'console', days: 1 } }),
  ).rejects.toMatchObject({ code: 'CONTEXT_EXISTS' })
  expect(await readFile(path, 'utf8')).toBe(before)
  const issued = app.authority.ledger.entries().filter(({ delivery }) => delivery === 'file')
  expect(issued.map(({ state }) => state)).toEqual(['struck'])
  await expect(
    contexts.export({ name: '../mine', source: { tenant: 'north', role: 'console', days: 1 } }),
  ).rejects.toMatchObject({ code: 'CONTEXT_NAME' })
})

test('is composed with a store service on one profile', () => {
  const { database, authority, mesh } = app
  const parts = composeNsc({
    database,
    keychain: profile.keychain,
    audit: noAudit,
    authority,
    mesh,
  })
  expect(parts.contexts).toBeInstanceOf(ContextsService)
  return parts.nsc.close()
})
