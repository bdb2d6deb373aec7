import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silentLogger } from '../../src/main/log/logger.ts'
import { AccountServer } from '../../src/main/registry/account-server.ts'
import { TestProfile, type TestApp } from '../integration/mesh/support/test-app.ts'
import { TestOperator } from '../integration/mesh/support/test-operator.ts'
import { NEVER } from '#shared/never.ts'
import {
  accountOf,
  issueDevice,
  limitConnections,
  order,
  ready,
  resolverOf,
  standingOf,
} from '../integration/resolver/support/managed-site.ts'
import { freeTcpPort } from '../support/free-tcp-port.ts'
import { logIn } from '../support/log-in.ts'
import { startNatsServer, type NatsServer } from '../support/nats-server.ts'
import { natsServerOf, NEWER_VERSIONS } from '../support/nats-server-versions.ts'

// What Muster asks of resolvers, of each nats-server from the oldest that it supports on. The one on
// the PATH goes first; newer ones are built with Go where modules can be had.
const versions = await Promise.all(
  NEWER_VERSIONS.map(async (version) => ({ version, binary: await natsServerOf(version) })),
)

describe('the nats-server on the PATH', () => suite('nats-server'))
for (const { version, binary } of versions) {
  if ('path' in binary) describe(`nats-server ${version}`, () => suite(binary.path))
  else test.skip(`nats-server ${version} SKIPPED: ${binary.missing}`)
}

function suite(binary: string): void {
  let profile: TestProfile
  let app: TestApp
  let server: NatsServer | undefined
  let accounts: AccountServer | undefined

  beforeEach(async () => {
    profile = await TestProfile.create()
    app = profile.open()
  })
  afterEach(async () => {
    await profile.close()
    await server?.stop()
    await accounts?.close()
    accounts = undefined
  })

  /** The same of each: limits arrive, a revocation cuts and lasts through a restart. */
  async function proveChanges(restart: () => Promise<NatsServer>): Promise<void> {
    const [kept, stolen] = [await issueDevice(app, 'pump-1'), await issueDevice(app, 'pump-2')]
    const connection = await logIn(server!.url, stolen)
    await app.authority.revoke({ publicKey: stolen.publicKey }, 'stolen', NEVER)
    expect(await connection.closed()).toBeInstanceOf(Error)
    await limitConnections(app, 'north', 5)
    await app.tenants.create('south')
    await app.mesh.confirmTenant('south', NEVER)
    await server!.stop()
    server = await restart()
    await ready(app)
    await expect(logIn(server.url, stolen)).rejects.toThrow(/Authorization Violation/u)
    await (await logIn(server.url, kept)).close()
    const report = await resolverOf(app).look(NEVER)
    expect(standingOf(report, 'north')).toBe('in-step')
    expect(standingOf(report, 'south')).toBe('in-step')
  }

  test('full resolver: changes arrive and last, a stranger’s account is put right, one goes', async () => {
    const port = await freeTcpPort()
    const { id } = await app.mesh.addManaged(order({ urls: [`nats://127.0.0.1:${port}`] }))
    // An absolute folder, so that a restarted server has its files.
    const folder = join(profile.folder, 'resolver')
    const start = async () =>
      startNatsServer({
        binary,
        port,
        config: (await app.mesh.configuration(id)).replace('"resolver"', JSON.stringify(folder)),
      })
    server = await start()
    await app.mesh.use(id)
    await ready(app)
    await proveChanges(start)
    const stranger = new TestOperator()
    const resolver = resolverOf(app)
    // Some versions refuse it, others store it: either way it must not stay.
    for (const jwt of [
      stranger.accountJwt('north', accountOf(app)),
      stranger.accountJwt('intruder', stranger.account.publicKey),
    ]) {
      await app.link.updateClaims(jwt, NEVER).catch(() => undefined)
    }
    for (const { publicKey, repairs } of (await resolver.look(NEVER)).accounts) {
      if (repairs[0] !== undefined) await resolver.repair(publicKey, repairs[0], NEVER)
    }
    const { accounts: after } = await resolver.look(NEVER)
    expect(new Set(after.map(({ standing }) => standing))).toEqual(new Set(['in-step']))
    expect(after.map(({ name }) => name).toSorted()).toEqual(['REGISTRY', 'SYS', 'north', 'south'])
  })

  test('memory resolver: the file is rewritten and read again', async () => {
    const port = await freeTcpPort()
    const folder = join(profile.folder, 'server')
    const configPath = join(folder, 'nats.conf')
    await mkdir(folder)
    await writeFile(configPath, '# mine\npid_file: "server.pid"\n')
    const urls = [`nats://127.0.0.1:${port}`]
    const { id } = await app.mesh.addManaged(order({ urls, resolver: 'memory', configPath }))
    const start = () =>
      startNatsServer({
        binary,
        port,
        args: ['-c', configPath, '--pid', join(folder, 'server.pid')],
      })
    server = await start()
    await app.mesh.use(id)
    await ready(app)
    await proveChanges(start)
    expect((await readFile(configPath, 'utf8')).endsWith('# mine\npid_file: "server.pid"\n')).toBe(
      true,
    )
  })

  test('URL resolver: what is in use is told, the rest is fetched', async () => {
    const port = await freeTcpPort()
    const at = { host: '127.0.0.1', port: await freeTcpPort() }
    const urls = [`nats://127.0.0.1:${port}`]
    const { id } = await app.mesh.addManaged(order({ urls, resolver: 'url', accounts: at }))
    const folder = join(profile.folder, 'mesh', 'accounts')
    accounts = new AccountServer({ ...at, folder, logger: silentLogger() })
    await accounts.listening()
    const start = async () =>
      startNatsServer({ binary, port, config: await app.mesh.configuration(id) })
    server = await start()
    await app.mesh.use(id)
    await ready(app)
    await proveChanges(start)
  })
}
