import { mkdir, readFile, writeFile } from 'node:fs/promises'
import type { ConnectionOptions, NatsConnection } from '@nats-io/transport-node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { composeNsc } from '../../../src/main/app/nsc.ts'
import { createNkey } from '../../../src/main/authority/nkey.ts'
import { freeTcpPort } from '../../support/free-tcp-port.ts'
import { logIn, type Login } from '../../support/log-in.ts'
import { startNatsServer, type NatsServer } from '../../support/nats-server.ts'
import { noAudit } from '../../support/no-audit.ts'
import { MadeStore } from '../../support/nsc-made-store.ts'
import { until } from '../../support/until.ts'
import { TestProfile, type TestApp } from '../mesh/support/test-app.ts'
import { NEVER } from '#shared/never.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const OWN_PART = '\n# Device Connect additions\nmax_payload: 8MB\npid_file: "server.pid"\n'

let store: MadeStore
let profile: TestProfile
let app: TestApp
let server: NatsServer

beforeEach(async () => {
  store = await MadeStore.create()
  profile = await TestProfile.create()
  app = profile.open()
})
afterEach(async () => {
  await profile.close()
  await server.stop()
  await store.remove()
})

function login(user: Login, options: ConnectionOptions = {}): Promise<NatsConnection> {
  return logIn(server.url, user, options)
}

test('a deployment of the seed systems’ scripts is taken over under its running server', async () => {
  // setup_jwt_auth.sh: an operator without signing keys, one account with one, a memory resolver.
  const operator = await store.operator('device-connect-operator', { signing_keys: [] })
  await store.forget(operator.signing)
  const signing = createNkey('account')
  await store.keep(signing)
  const jetStream = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 }
  const limits = {
    subs: -1,
    data: -1,
    payload: -1,
    imports: -1,
    exports: -1,
    wildcards: true,
    conn: -1,
    leaf: -1,
  }
  const account = await operator.account('DEVICE_CONNECT', {
    nats: { signing_keys: [signing.publicKey], limits: { ...limits, ...jetStream } },
  })
  const text = (path: string) => readFile(store.path(path), 'utf8')
  const generated = `operator: ${await text('stores/device-connect-operator/device-connect-operator.jwt')}
system_account: ${operator.system.publicKey}
resolver: MEMORY
resolver_preload: {
  ${operator.system.publicKey}: ${await text('stores/device-connect-operator/accounts/SYS/SYS.jwt')}
  ${account.key.publicKey}: ${await text('stores/device-connect-operator/accounts/DEVICE_CONNECT/DEVICE_CONNECT.jwt')}
}
`
  // gen_creds.sh: users per tenant that never expire, and their files.
  const users = new Map<string, { jwt: string; seed: string }>()
  for (const [tenant, name] of [
    ['alpha', 'robot-001'],
    ['beta', 'robot-002'],
  ] as const) {
    const { jwt, key } = await account.device(tenant, name, { expiresAt: 0, signer: signing })
    const nats = { urls: ['nats://nats-jwt:4222'], jwt, nkey_seed: key.seed }
    await store.write(
      `credentials/${name}.creds.json`,
      JSON.stringify({ device_id: name, auth_type: 'jwt', tenant, nats }),
    )
    users.set(name, { jwt, seed: key.seed })
  }
  await mkdir(store.path('server'))
  const configPath = await store.write('server/nats-jwt-generated.conf', generated + OWN_PART)
  const port = await freeTcpPort()
  server = await startNatsServer({
    args: ['-c', configPath, '--pid', store.path('server/server.pid')],
    port,
  })
  const old = users.get('robot-001') ?? { jwt: '', seed: '' }
  const device = await login(old, { reconnect: true, reconnectTimeWait: 50 })
  device.subscribe('device-connect.alpha.greet', {
    callback: (_, message) => void message.respond('hello'),
  })

  const { nsc } = composeNsc({
    database: app.database,
    keychain: profile.keychain,
    audit: noAudit,
    authority: app.authority,
    mesh: app.mesh,
  })
  const scan = await nsc.scan({ folders: [store.folder] }, NEVER)
  expect(scan.operators).toMatchObject([
    {
      name: 'device-connect-operator',
      dialect: 'device-connect',
      makes: ['registry-account'],
      obstacle: null,
    },
  ])
  nsc.import({
    scan: scan.id,
    operator: operator.key.publicKey,
    dialect: 'device-connect',
    removeFiles: true,
  })
  await until('the import', () => app.authority.tenants().length === 2)

  // What the scripts generated gives way to what Muster generates; the rest of the file is the admin's.
  await until('the end of the import', () => app.authority.procedures.unfinished().length === 0)
  await writeFile(configPath, OWN_PART)
  const { id } = await app.mesh.addManaged({
    name: 'Plant 7',
    dialect: 'device-connect',
    urls: [`nats://127.0.0.1:${port}`],
    caPem: null,
    tenant: 'alpha',
    resolver: 'memory',
    configPath,
    pidFile: null,
    accounts: null,
    registry: false,
  })
  await app.mesh.use(id)
  await until(
    'both tenants',
    () => app.tenants.list().filter(({ state }) => state === 'ready').length === 2,
  )
  expect(app.tenants.list().map(({ name, isolation }) => `${name} ${isolation}`)).toEqual([
    'alpha shared',
    'beta shared',
  ])

  const fresh = await app.authority.issueUser({
    account: { tenant: 'alpha' },
    role: 'device',
    name: 'robot-003',
    deviceId: 'robot-003',
    ttlMs: DAY_MS,
    delivery: 'file',
  })
  const newcomer = await login({ jwt: fresh.jwt, seed: fresh.seed ?? '' })
  // A server that reads its configuration again lets everybody log in anew.
  await device.flush()
  expect((await newcomer.request('device-connect.alpha.greet')).string()).toBe('hello')
  expect((await readFile(configPath, 'utf8')).endsWith(OWN_PART)).toBe(true)

  // A credential that the scripts made can be withdrawn, which deleting its file never did.
  const [entry] = app.authority.ledger.credentialsOf({ tenant: 'alpha', deviceId: 'robot-001' })
  await app.authority.revoke({ ledgerId: entry?.id ?? '' }, 'stolen', NEVER)
  await expect(login(old)).rejects.toThrow(/Authorization Violation/u)
  await newcomer.close()
  await device.close()
  await nsc.close()
})
