import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startNatsServer } from '../../support/nats-server.ts'
import { standStill } from '../../support/processes.ts'
import { until } from '../../support/until.ts'
import { TestProfile, type TestApp } from '../mesh/support/test-app.ts'
import { TestOperator } from '../mesh/support/test-operator.ts'
import { NEVER } from '#shared/never.ts'
import {
  accountOf,
  limitConnections,
  manage,
  order,
  ready,
  resolverOf,
  standingOf,
  type ManagedSite,
} from './support/managed-site.ts'

let profile: TestProfile
let app: TestApp
let site: ManagedSite

beforeEach(async () => {
  profile = await TestProfile.create()
  app = profile.open()
  site = await manage(app)
})
afterEach(async () => {
  await profile.close()
  await site.server.stop()
})

const recorded = () => app.database.prepare('SELECT public_key, jwt FROM authority_accounts').all()

/** A connect compares the servers with the record, and puts right what they lack. */
function inStep(): Promise<void> {
  const resolver = resolverOf(app)
  return until('the comparison', async () => {
    const report = await resolver.look(NEVER).catch(() => undefined)
    return report !== undefined && standingOf(report, 'north') === 'in-step'
  })
}

test('a server that answers with another operator is told, and nothing is recorded', async () => {
  const before = recorded()
  await site.server.stop()
  const stranger = new TestOperator()
  const { port } = site.server
  site.server = await startNatsServer({ config: stranger.config(), files: stranger.files(), port })
  await until('the refusal', () => app.mesh.state().problem?.code === 'SERVER_OPERATOR_OTHER')
  await expect(limitConnections(app, 'north', 5)).rejects.toMatchObject({
    code: 'PUSH_FAILED',
    details: { reason: 'SERVER_OPERATOR_OTHER', restored: true },
  })
  expect(recorded()).toEqual(before)
  expect(JSON.stringify(app.states)).not.toContain('eyJ')
})

test('a server that does not answer is told, and nothing is recorded', async () => {
  const before = recorded()
  await standStill(site.server.pid)
  try {
    await expect(limitConnections(app, 'north', 5)).rejects.toMatchObject({
      code: 'PUSH_FAILED',
      kind: 'transient',
      details: { reason: 'MESH_NO_ANSWER', restored: true },
    })
    expect(recorded()).toEqual(before)
  } finally {
    process.kill(site.server.pid, 'SIGCONT')
  }
  await limitConnections(app, 'north', 5)
})

test('a server that becomes one of another operator in the middle of a push is told, and nothing is recorded', async () => {
  const before = recorded()
  const { pid, port } = site.server
  // The push is on its way to a server that does not read, and is one of somebody else when the next answer comes.
  await standStill(pid)
  const change = limitConnections(app, 'north', 5).then(
    () => undefined,
    (error: unknown) => error,
  )
  await site.server.kill9()
  const stranger = new TestOperator()
  site.server = await startNatsServer({ config: stranger.config(), files: stranger.files(), port })
  expect(await change).toMatchObject({ code: 'PUSH_FAILED', details: { restored: true } })
  await until('the refusal', () => app.mesh.state().problem?.code === 'SERVER_OPERATOR_OTHER')
  expect(recorded()).toEqual(before)

  await site.server.stop()
  await site.restart()
  await ready(app)
  await inStep()
  await limitConnections(app, 'north', 5)
})

test('a server that is slow is waited for', async () => {
  const { pid } = site.server
  await standStill(pid)
  const change = limitConnections(app, 'north', 5)
  // Slowness itself, not a wait for something: well below what a push waits for its answer.
  setTimeout(() => process.kill(pid, 'SIGCONT'), 700)
  await change
  expect(standingOf(await resolverOf(app).look(NEVER), 'north')).toBe('in-step')
})

test('a server that is killed and comes back during a push is in step with the record', async () => {
  const before = recorded()
  const change = limitConnections(app, 'north', 5).then(
    () => true,
    () => false,
  )
  await site.server.kill9()
  await site.restart()
  const done = await change
  expect(JSON.stringify(recorded()) === JSON.stringify(before)).toBe(!done)
  await ready(app)
  await inStep()
})

test('what a crash in the middle of a push left is known for our own', async () => {
  const account = accountOf(app)
  const earlier = recorded()
  await limitConnections(app, 'north', 5)
  // As if the app had been killed between the push and its record.
  const jwt = String(earlier.find((row) => row['public_key'] === account)?.['jwt'])
  app.database
    .prepare('UPDATE authority_accounts SET jwt = ? WHERE public_key = ?')
    .run(jwt, account)
  await app.close()
  const again = profile.open()
  await again.mesh.startActive()
  await ready(again)
  await until('the repair', () =>
    again.notices.some(({ title }) => title === 'Accounts on the mesh were put right'),
  )
  expect(await again.link.lookUpClaims(account, NEVER)).toBe(jwt)
})

test('an account that was removed on the servers is not brought back in passing', async () => {
  const account = accountOf(app)
  await app.tenants.create('south')
  await app.authority.versions
    .removeStray(account, NEVER)
    .then(() => expect.unreachable())
    .catch((error: unknown) => expect(error).toMatchObject({ code: 'ACCOUNT_RECORDED' }))
  const other = await profileTwin()
  try {
    await other.authority.tenantAccounts.withdraw('south', 'cleared', NEVER)
    await expect(limitConnections(app, 'south', 5)).rejects.toMatchObject({
      code: 'ACCOUNT_REMOVED_ELSEWHERE',
    })
    expect(standingOf(await resolverOf(app).look(NEVER), 'south')).toBe('missing')
  } finally {
    await other.close()
  }
})

test('a seed of the wrong kind, and an order that can not work, are refused with nothing kept', async () => {
  const url = ['nats://127.0.0.1:4222']
  const key = app.authority.operator()?.signingKey ?? ''
  profile.secrets.set(key, [...profile.secrets].find(([name]) => name.startsWith('A'))?.[1] ?? '')
  const before = recorded()
  await expect(limitConnections(app, 'north', 5)).rejects.toMatchObject({ code: 'KEYCHAIN_ENTRY' })
  expect(recorded()).toEqual(before)
  const orders = [
    order({ urls: ['http://127.0.0.1:4222'] }),
    order({ urls: url, caPem: 'nonsense', name: 'x' }),
    order({ urls: url, resolver: 'memory', name: 'x' }),
    order({ urls: url, configPath: 'nats.conf', name: 'x' }),
    order({ urls: url }),
  ]
  const codes = await Promise.all(
    orders.map((one) =>
      app.mesh.addManaged(one).then(
        () => 'taken',
        (error: { code: string }) => error.code,
      ),
    ),
  )
  expect(codes).toEqual([
    'URL_INVALID',
    'CA_INVALID',
    'CONFIG_PATH_NEEDED',
    'CONFIG_PATH_RELATIVE',
    'CONNECTION_EXISTS',
  ])
  expect(app.mesh.managed()).toHaveLength(1)
})

async function profileTwin(): Promise<TestApp> {
  const { twin } = await import('./support/managed-site.ts')
  const other = await twin(app, profile.secrets)
  const opened = other.open()
  await opened.mesh.startActive()
  await ready(opened)
  return opened
}

// A full disk is one of 64 KiB, which takes Linux and the right to mount it.
const unshare = spawnSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs none /mnt'])
const noMount = process.platform !== 'linux' || unshare.status !== 0

test.skipIf(noMount)(
  `a disk that fills up while a configuration is rewritten keeps the old one${noMount ? ' (skipped: no mounts here)' : ''}`,
  () => {
    const script = join(import.meta.dirname, 'support', 'fill-disk.ts')
    const mounted = 'mount -t tmpfs -o size=64k none /mnt && exec "$0" "$1" /mnt'
    const child = spawnSync('unshare', ['-m', 'sh', '-c', mounted, process.execPath, script], {
      encoding: 'utf8',
      timeout: 20_000,
    })
    expect(child.stdout).toBe('DISK_FULL kept\n')
  },
)
