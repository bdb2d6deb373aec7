import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '../../../../src/main/log/logger.ts'
import { LocalServer, type ServerPlan } from '../../../../src/main/mesh/local-server.ts'
import { findNatsServer } from '../../../../src/main/mesh/nats-server-binary.ts'
import { choosePorts } from '../../../../src/main/mesh/ports.ts'
import { meshPaths, type MeshPaths } from '../../../../src/main/mesh/server-config.ts'
import { TestOperator } from './test-operator.ts'
import { NEVER } from '#shared/never.ts'

/** A local server on a profile folder of its own, whose plan a test may change. */
export interface TestServer {
  readonly operator: TestOperator
  readonly folder: string
  readonly logFolder: string
  readonly paths: MeshPaths
  readonly server: LocalServer
  plan: ServerPlan
  url(): string
  close(): Promise<void>
}

export async function createTestServer(): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-mesh-'))
  const operator = new TestOperator()
  const binary = await findNatsServer({ settingsPath: null, resourcesFolder: null }, NEVER)
  const paths = meshPaths(folder)
  const logFolder = join(folder, 'log')
  const accountOf = (name: string, publicKey: string) => ({
    name,
    publicKey,
    jwt: operator.accountJwt(name, publicKey),
  })
  const test: TestServer = {
    operator,
    folder,
    logFolder,
    paths,
    plan: {
      binary,
      host: '127.0.0.1',
      ports: await choosePorts('127.0.0.1'),
      accounts: {
        operatorJwt: operator.files()['operator.jwt'] ?? '',
        systemAccount: accountOf('SYS', operator.system.publicKey),
        accounts: [accountOf('TENANT', operator.account.publicKey)],
      },
    },
    server: new LocalServer({
      paths,
      logFolder,
      log: silentLogger(),
      plan: () => Promise.resolve(test.plan),
    }),
    url: () => `nats://127.0.0.1:${test.plan.ports.client}`,
    close: async () => {
      await test.server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return test
}
