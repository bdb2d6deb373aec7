import { rm } from 'node:fs/promises'
import { afterEach, expect, test } from 'vitest'
import { scanStore } from '../../src/main/nsc/store-scan.ts'
import { until } from '../support/until.ts'
import { openNscProfile, type NscProfile } from '../support/nsc-profile.ts'
import { openNsc, type NscHome } from '../support/nsc-tool.ts'
import { describeWithNsc } from './with-nsc.ts'
import { NEVER } from '#shared/never.ts'

const profiles: NscProfile[] = []
const homes: NscHome[] = []

afterEach(async () => {
  for (const profile of profiles.splice(0)) await profile.close()
  for (const { home } of homes.splice(0)) await rm(home, { recursive: true, force: true })
})

async function openProfile(): Promise<NscProfile> {
  const profile = await openNscProfile()
  profiles.push(profile)
  return profile
}

describeWithNsc('A store that nsc made', (path) => {
  /** As setup_jwt_auth.sh and gen_creds.sh of the seed systems do it. */
  async function scriptedStore(): Promise<NscHome> {
    const nsc = await openNsc(path)
    homes.push(nsc)
    await nsc.run('add', 'operator', 'device-connect-operator', '--sys')
    await nsc.run('add', 'account', 'DEVICE_CONNECT')
    await nsc.run('edit', 'account', 'DEVICE_CONNECT', '--sk', 'generate')
    for (const tenant of ['alpha', 'beta']) {
      const subjects = `device-connect.${tenant}.>,_INBOX.>`
      await nsc.run(
        'add',
        'user',
        '-a',
        'DEVICE_CONNECT',
        `robot-${tenant}`,
        '--allow-pubsub',
        subjects,
      )
    }
    await nsc.run(
      'add',
      'user',
      '-a',
      'DEVICE_CONNECT',
      'registry',
      '--allow-pubsub',
      'device-connect.>,_INBOX.>',
    )
    return nsc
  }

  test('is read claim by claim as nsc describes it', async () => {
    const nsc = await scriptedStore()
    await nsc.run(
      'edit',
      'signing-key',
      '-a',
      'DEVICE_CONNECT',
      '--sk',
      'generate',
      '--role',
      'sensor',
      '--allow-pub',
      'device-connect.gamma.{{name()}}.>',
    )
    await nsc.run('add', 'user', '-a', 'DEVICE_CONNECT', 'pump-9', '-K', 'sensor')
    const scan = await scanStore([nsc.data], NEVER)
    const [operator] = scan.model.operators
    const account = operator?.accounts.find(({ name }) => name === 'DEVICE_CONNECT')
    expect(operator?.claims).toEqual(JSON.parse(await nsc.run('describe', 'operator', '--json')))
    expect(account?.claims).toEqual(
      JSON.parse(await nsc.run('describe', 'account', '-n', 'DEVICE_CONNECT', '--json')),
    )
    for (const { name, claims, ours } of account?.users ?? []) {
      const theirs = await nsc.run('describe', 'user', '-a', 'DEVICE_CONNECT', '-n', name, '--json')
      expect([name, ours, claims]).toEqual([name, true, JSON.parse(theirs)])
    }
    expect(account?.users).toHaveLength(4)
    // A user without permissions of its own has those of the role that its signing key stands for.
    expect(account?.users.find(({ name }) => name === 'pump-9')?.permissions.pub.allow).toEqual([
      'device-connect.gamma.{{name()}}.>',
    ])
    expect(new Set(scan.findings.map(({ group }) => group))).toEqual(new Set(['sound']))
  })

  test('is taken over: its tenants work, its users go on, new ones are issued', async () => {
    const nsc = await scriptedStore()
    const profile = await openProfile()
    const done = await profile.importFrom([nsc.data])
    expect(done).toMatchObject({
      state: 'done',
      result: { tenants: 2, accounts: 3, credentials: 4 },
    })
    expect(profile.authority.operator()).toMatchObject({
      name: 'device-connect-operator',
      dialect: 'device-connect',
    })
    expect(
      profile.authority.tenants().map(({ name, isolation, state }) => [name, isolation, state]),
    ).toEqual([
      ['alpha', 'shared', 'pending'],
      ['beta', 'shared', 'pending'],
    ])
    const server = await profile.startServer()
    for (const tenant of ['alpha', 'beta']) {
      await profile.authority.createTenant(tenant, { isolation: 'shared' })
    }
    const user = await profile.authority.issueUser({
      account: { tenant: 'alpha' },
      role: 'device',
      name: 'pump-1',
      deviceId: 'pump-1',
      ttlMs: 3_600_000,
      delivery: 'file',
    })
    const ours = await profile.connectAs(server, user)
    const creds = await nsc.run('generate', 'creds', '-a', 'DEVICE_CONNECT', '-n', 'robot-alpha')
    const [, jwt = ''] = /BEGIN NATS USER JWT-+\s+(\S+)/u.exec(creds) ?? []
    const [, seed = ''] = /BEGIN USER NKEY SEED-+\s+(\S+)/u.exec(creds) ?? []
    const theirs = await profile.connectAs(server, { jwt, seed })
    theirs.subscribe('device-connect.alpha.greet', {
      callback: (_, message) => void message.respond('hello'),
    })
    await theirs.flush()
    expect((await ours.request('device-connect.alpha.greet')).string()).toBe('hello')
  })

  test('keys for roles are taken over as roles, and credentials are issued with them', async () => {
    const nsc = await scriptedStore()
    const addRole = (role: string, ...permissions: string[]) =>
      nsc.run(
        'edit',
        'signing-key',
        '-a',
        'DEVICE_CONNECT',
        '--sk',
        'generate',
        '--role',
        role,
        ...permissions,
      )
    await addRole('sensor', '--allow-pub', 'device-connect.alpha.{{name()}}.>')
    await addRole('sensor-of-beta', '--allow-pub', 'device-connect.beta.{{name()}}.>')
    // What this says is what Muster calls a console.
    await addRole('watcher', '--allow-pubsub', 'device-connect.beta.>,_INBOX.>')
    await addRole('everywhere', '--allow-pubsub', 'device-connect.>')
    await nsc.run('add', 'user', '-a', 'DEVICE_CONNECT', 'pump-8', '-K', 'sensor')

    const profile = await openProfile()
    const plan = await profile.nsc.scan({ folders: [nsc.data] }, NEVER)
    const shared = plan.operators[0]?.accounts.find(({ name }) => name === 'DEVICE_CONNECT')
    expect(shared?.notes.join(' ')).toMatch(/role “everywhere” is not for .* one tenant/u)
    expect(await profile.importFrom([nsc.data])).toMatchObject({ state: 'done' })
    const { keys, ledger } = profile.authority
    const scoped = keys.scopedKeys()
    expect(new Set(scoped.map(({ role, tenant }) => `${role} ${tenant ?? ''}`))).toEqual(
      new Set(['console beta', 'custom:sensor alpha', 'custom:sensor beta']),
    )
    expect(keys.template('custom:sensor').pub.allow).toEqual(['{root}.{tenant}.{{name()}}.>'])
    expect(ledger.entries().find(({ name }) => name === 'pump-8')?.role).toBe('custom:sensor')

    const server = await profile.startServer()
    await profile.authority.createTenant('alpha', { isolation: 'shared' })
    const user = await profile.authority.issueUser({
      account: { tenant: 'alpha' },
      role: 'custom:sensor',
      name: 'pump-9',
      ttlMs: 3_600_000,
      delivery: 'file',
    })
    const issuer = scoped.find(({ role, tenant }) => role === 'custom:sensor' && tenant === 'alpha')
    expect(ledger.entry(user.ledgerId)?.signingKey).toBe(issuer?.publicKey)
    const connection = await profile.connectAs(server, user)
    const refused: string[] = []
    void (async () => {
      for await (const status of connection.status()) {
        if (status.type === 'error') refused.push(status.error.message)
      }
    })()
    connection.publish('device-connect.alpha.pump-9.event.reading')
    await connection.flush()
    expect(refused).toEqual([])
    connection.publish('device-connect.alpha.pump-8.event.reading')
    await connection.flush()
    await until('the refusal', () => refused.length === 1)
  })
})
