import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { decodeJwt } from '../../src/main/authority/jwt.ts'
import { openNscProfile, type NscProfile } from '../support/nsc-profile.ts'
import { openNsc, type NscHome } from '../support/nsc-tool.ts'
import { describeWithNsc } from './with-nsc.ts'
import { NEVER } from '#shared/never.ts'

const DAY_MS = 24 * 60 * 60 * 1000

let folder: string
let profile: NscProfile
let nsc: NscHome

/** Without what one writer leaves out and the other writes empty: `{}`, `[]`, unlimited. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, withoutEmpty(inner)] as const)
  return Object.fromEntries(entries.filter(([, inner]) => !isEmpty(inner)))
}

function isEmpty(value: unknown): boolean {
  if (value === 0 || value === false || value === '') return true
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

describeWithNsc('A store that Muster writes', (path) => {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'muster-store-'))
    profile = await openNscProfile()
    nsc = await openNsc(path)
    await profile.authority.setUp({ dialect: 'device-connect' })
  })
  afterEach(async () => {
    await profile.close()
    await rm(folder, { recursive: true, force: true })
    await rm(nsc.home, { recursive: true, force: true })
  })

  const write = (keys: 'none' | 'signing' | 'all') =>
    profile.nsc.export({ folder, keys, typedName: 'muster' }, NEVER)

  test('is listed, described and validated; a push of it and users made on both sides work', async () => {
    const server = await profile.startServer()
    await profile.authority.createTenant('acme', { isolation: 'account' })
    const before = await profile.authority.issueUser({
      account: { tenant: 'acme' },
      role: 'device',
      name: 'pump-1',
      deviceId: 'pump-1',
      ttlMs: 90 * DAY_MS,
      delivery: 'file',
    })
    const written = await write('all')
    expect(written).toMatchObject({ operatorName: 'muster', different: [], keysMissing: 0 })
    for (const name of await readdir(folder, { recursive: true })) {
      const facts = await stat(join(folder, name))
      if (facts.isFile()) expect([name, facts.mode & 0o777]).toEqual([name, 0o600])
    }

    // The command that Muster tells the person makes nsc use the store.
    await nsc.run(...written.command.replace('nsc ', '').split(' '))
    const keys = await nsc.on(folder, 'list', 'keys', '-A')
    for (const name of ['muster', 'SYS', 'REGISTRY', 'acme', 'pump-1']) expect(keys).toContain(name)
    const { publicKey, signingKey } = profile.authority.operator() ?? {}
    expect(keys).toMatch(new RegExp(`${publicKey} .*\\*`, 'u'))
    expect(keys).toMatch(new RegExp(`${signingKey} .*\\*.*\\*`, 'u'))
    expect(keys).toContain(before.publicKey)

    // One verdict for the operator and one for each account.
    const verdicts = await nsc.on(folder, 'validate', '-A')
    expect(verdicts.match(/No issues found/gu)).toHaveLength(4)
    expect(await nsc.on(folder, 'describe', 'operator')).toContain(publicKey)
    const account = await nsc.on(folder, 'describe', 'account', '-n', 'acme')
    expect(account).toContain('device-connect.acme.*.heartbeat')
    const user = await nsc.on(folder, 'describe', 'user', '-a', 'acme', '-n', 'pump-1')
    expect(user).toContain('device-connect.acme.>')
    expect(user).toContain(before.publicKey)

    // nsc changes the account and pushes it to the running server.
    await nsc.on(
      folder,
      'add',
      'user',
      '-a',
      'acme',
      'from-nsc',
      '--allow-pubsub',
      'device-connect.acme.>,_INBOX.>',
    )
    await nsc.on(folder, 'edit', 'account', '-n', 'acme', '--conns', '7')
    const pushed = await nsc.on(folder, 'push', '-a', 'acme', '-u', server.url)
    expect(pushed).toMatch(/pushed|jwt updated/iu)
    const creds = await nsc.on(folder, 'generate', 'creds', '-a', 'acme', '-n', 'from-nsc')
    const [, jwt = ''] = /BEGIN NATS USER JWT-+\s+(\S+)/u.exec(creds) ?? []
    const [, seed = ''] = /BEGIN USER NKEY SEED-+\s+(\S+)/u.exec(creds) ?? []
    const theirs = await profile.connectAs(server, { jwt, seed })
    const ours = await profile.connectAs(server, before)
    theirs.subscribe('device-connect.acme.greet', {
      callback: (_, message) => void message.respond('hello'),
    })
    await theirs.flush()
    expect((await ours.request('device-connect.acme.greet')).string()).toBe('hello')
  })

  test('is read by nsc claim by claim as Muster signed it, roles of a key included', async () => {
    await profile.startServer()
    await profile.authority.createTenant('acme', { isolation: 'account' })
    const account = profile.authority.tenants()[0]?.account ?? ''
    await profile.authority.keys.addRoleKey({ account, role: 'device-own', tenant: 'acme' }, NEVER)
    await profile.authority.issueUser({
      account: { tenant: 'acme' },
      role: 'device-own',
      name: 'pump-1',
      deviceId: 'pump-1',
      ttlMs: 90 * DAY_MS,
      delivery: 'file',
    })
    const written = await write('all')
    await nsc.run(...written.command.replace('nsc ', '').split(' '))
    const files = {
      'stores/muster/muster.jwt': ['operator'],
      'stores/muster/accounts/SYS/SYS.jwt': ['account', '-n', 'SYS'],
      'stores/muster/accounts/REGISTRY/REGISTRY.jwt': ['account', '-n', 'REGISTRY'],
      'stores/muster/accounts/acme/acme.jwt': ['account', '-n', 'acme'],
      'stores/muster/accounts/acme/users/pump-1.jwt': ['user', '-a', 'acme', '-n', 'pump-1'],
    }
    for (const [file, what] of Object.entries(files)) {
      const theirs = JSON.parse(await nsc.on(folder, 'describe', ...what, '--json')) as object
      const ours = decodeJwt(await readFile(join(folder, file), 'utf8'))
      expect([file, withoutEmpty(theirs)]).toEqual([file, withoutEmpty(ours)])
    }
    const verdicts = await nsc.on(folder, 'validate', '-A')
    expect(verdicts.match(/No issues found/gu)).toHaveLength(4)
    expect(await nsc.on(folder, 'list', 'keys', '-A')).toMatch(/acme .*\*.*\*/u)
  })

  test('holds no private key unless that was asked for, and is not mixed with another', async () => {
    await write('none')
    expect(await nsc.on(folder, 'validate', '-A').catch(String)).not.toMatch(/\bERR|invalid/u)
    expect(
      (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.nk')),
    ).toEqual([])
    await expect(
      profile.nsc.export({ folder, keys: 'all', typedName: 'mustard' }, NEVER),
    ).rejects.toMatchObject({ code: 'NAME_NOT_TYPED' })

    // Once more into the same folder: everything is there already, and nothing is replaced.
    expect(await write('none')).toMatchObject({ written: 0, different: [] })

    await rm(folder, { recursive: true })
    await nsc.on(folder, 'add', 'operator', 'muster')
    await expect(write('none')).rejects.toMatchObject({ code: 'NSC_STORE_OF_OTHER' })
  })

  test('comes back into an empty profile as it was', async () => {
    const server = await profile.startServer()
    await profile.authority.createTenant('acme', { isolation: 'account' })
    await write('all')
    const other = await openNscProfile()
    try {
      expect(await other.importFrom([folder])).toMatchObject({ state: 'done' })
      expect(other.authority.operator()).toEqual(profile.authority.operator())
      expect(new Set(other.keychain.entries.keys())).toEqual(
        new Set(profile.keychain.entries.keys()),
      )
      // The server knows the other profile's users at once: it is the same deployment.
      const user = await other.authority.issueUser({
        account: 'system',
        role: 'system',
        name: 'system',
        ttlMs: DAY_MS,
        delivery: 'internal',
      })
      await (await other.connectAs(server, user)).flush()
    } finally {
      await other.close()
    }
  })
})
