import { rm } from 'node:fs/promises'
import { afterEach, expect, test } from 'vitest'
import { scanStore } from '../../src/main/nsc/store-scan.ts'
import { openNscProfile, type NscProfile } from '../support/nsc-profile.ts'
import { openNsc, type NscHome } from '../support/nsc-tool.ts'
import { describeWithNsc } from './with-nsc.ts'

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
    const scan = await scanStore([nsc.data], AbortSignal.timeout(10_000))
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
})
