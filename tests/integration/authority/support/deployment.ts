import type { DatabaseSync } from 'node:sqlite'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConnectionOptions, NatsConnection } from '@nats-io/transport-node'
import { AuditTrail } from '../../../../src/main/audit/audit-trail.ts'
import { AUDIT_MIGRATIONS } from '../../../../src/main/audit/migrations.ts'
import type { AccountPublisher } from '../../../../src/main/authority/account-publisher.ts'
import { Authority } from '../../../../src/main/authority/authority.ts'
import type { Keychain } from '../../../../src/main/authority/keychain.ts'
import { AUTHORITY_MIGRATIONS } from '../../../../src/main/authority/migrations.ts'
import type { IssuedUser } from '../../../../src/main/authority/user-issue.ts'
import { silentLogger } from '../../../../src/main/log/logger.ts'
import type { Procedures } from '../../../../src/main/steps/procedures.ts'
import { openDatabase } from '../../../../src/main/storage/database.ts'
import { logIn } from '../../../support/log-in.ts'
import { startNatsServer, type NatsServer } from '../../../support/nats-server.ts'
import { ResolverPublisher } from './resolver-publisher.ts'
import { NEVER } from '#shared/never.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** A keychain for tests that ends with the process. */
export class MapKeychain implements Keychain {
  readonly entries = new Map<string, string>()
  get(account: string): Promise<string | undefined> {
    return Promise.resolve(this.entries.get(account))
  }
  set(account: string, secret: string): Promise<void> {
    this.entries.set(account, secret)
    return Promise.resolve()
  }
  delete(account: string): Promise<void> {
    this.entries.delete(account)
    return Promise.resolve()
  }
}

/** An authority with the real server that it speaks for. */
export interface Deployment {
  readonly authority: Authority
  readonly keychain: MapKeychain
  readonly database: DatabaseSync
  readonly databasePath: string
  readonly publisher: ResolverPublisher
  /** The log of this deployment's uses of keys. */
  readonly audit: AuditTrail
  readonly server: NatsServer
  /** Another authority on the same profile, as after a restart of the app. */
  reopen(publisher?: AccountPublisher, procedures?: Procedures): Authority
  /** Connects with an issued user; `seed` where the key was not created by the authority. */
  connectAs(user: IssuedUser, options?: ConnectionOptions): Promise<NatsConnection>
  device(tenant: string, name: string): Promise<NatsConnection>
  console(tenant: string): Promise<NatsConnection>
  registry(): Promise<NatsConnection>
  close(): Promise<void>
}

export interface DeploymentOptions {
  readonly config?: string
  readonly now?: () => Date
}

export async function startDeployment(options: DeploymentOptions = {}): Promise<Deployment> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-authority-'))
  const databasePath = join(folder, 'muster.db')
  const { database } = openDatabase(databasePath, [...AUTHORITY_MIGRATIONS, ...AUDIT_MIGRATIONS])
  const audit = new AuditTrail({ database, actor: { user: 'kim', host: 'laptop' } })
  const keychain = new MapKeychain()
  const publisher = new ResolverPublisher()
  const open = (through: AccountPublisher = publisher, procedures?: Procedures) =>
    new Authority({
      ...(procedures === undefined ? {} : { procedures }),
      audit,
      database,
      keychain,
      publisher: through,
      log: silentLogger(),
      ...(options.now === undefined ? {} : { now: options.now }),
    })
  const authority = open()
  await authority.setUp({ dialect: 'device-connect' })
  const { operatorJwt, systemAccount, accounts } = await authority.bootstrap()
  const server = await startNatsServer({
    files: { 'op.jwt': operatorJwt },
    config: `
      operator: op.jwt
      system_account: ${systemAccount.publicKey}
      # A busy machine logs in late.
      authorization { timeout: 30 }
      resolver: { type: full, dir: "jwt", allow_delete: true, interval: "2m", limit: 10000 }
      resolver_preload: { ${systemAccount.publicKey}: ${systemAccount.jwt} }
      jetstream: { store_dir: "js", max_mem: 64MB, max_file: 256MB }
      ${options.config ?? ''}`,
  })
  const connections: NatsConnection[] = []
  const connectAs = async (user: IssuedUser, more: ConnectionOptions = {}) => {
    const connection = await logIn(server.url, user, { inboxPrefix: user.inboxPrefix, ...more })
    connections.push(connection)
    return connection
  }
  const internal = { ttlMs: DAY_MS, delivery: 'internal' } as const
  publisher.connection = await connectAs(
    await authority.issueUser({ account: 'system', role: 'system', name: 'system', ...internal }),
  )
  await publisher.publish(accounts, NEVER)
  return {
    authority,
    keychain,
    database,
    databasePath,
    publisher,
    audit,
    server,
    reopen: open,
    connectAs,
    device: async (tenant, name) =>
      connectAs(
        await authority.issueUser({
          account: { tenant },
          role: 'device',
          name,
          deviceId: name,
          ttlMs: DAY_MS,
          delivery: 'commissioning',
        }),
      ),
    console: async (tenant) =>
      connectAs(
        await authority.issueUser({
          account: { tenant },
          role: 'console',
          name: 'console',
          ...internal,
        }),
      ),
    registry: async () =>
      connectAs(
        await authority.issueUser({
          account: 'registry',
          role: 'registry',
          name: 'registry',
          ...internal,
        }),
      ),
    close: async () => {
      await authority.close()
      await Promise.all(connections.map((connection) => connection.close()))
      await server.stop()
      if (database.isOpen) database.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
