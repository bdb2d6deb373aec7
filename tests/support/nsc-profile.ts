import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { NatsConnection } from '@nats-io/transport-node'
import { logIn } from './log-in.ts'
import { until } from './until.ts'
import { noAudit } from './no-audit.ts'
import { testedNscService } from './nsc-service.ts'
import { startNatsServer, type NatsServer } from './nats-server.ts'
import { Authority } from '../../src/main/authority/authority.ts'
import { AuthorityStore } from '../../src/main/authority/authority-store.ts'
import { AUTHORITY_MIGRATIONS } from '../../src/main/authority/migrations.ts'
import type { IssuedUser } from '../../src/main/authority/user-issue.ts'
import type { KeyAudit } from '../../src/main/authority/key-use.ts'
import type { Keychain } from '../../src/main/authority/keychain.ts'
import { silentLogger } from '../../src/main/log/logger.ts'
import type { NscService } from '../../src/main/nsc/nsc-service.ts'
import { Procedures } from '../../src/main/steps/procedures.ts'
import type { ProcedureBoundary } from '../../src/main/steps/procedure.ts'
import { openDatabase } from '../../src/main/storage/database.ts'
import type { NscImport } from '../../src/shared/contract/nsc.ts'
import { ResolverPublisher } from '../integration/authority/support/resolver-publisher.ts'
import { NEVER } from '#shared/never.ts'

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

export interface NscProfile {
  readonly authority: Authority
  readonly store: AuthorityStore
  readonly nsc: NscService
  readonly keychain: MapKeychain
  readonly database: DatabaseSync
  readonly databasePath: string
  readonly publisher: ResolverPublisher
  /** Imports the only operator of some folders and waits for the end. */
  importFrom(folders: readonly string[], options?: { removeFiles?: boolean }): Promise<NscImport>
  /** A server on what the profile has recorded, with the profile's system user connected to it. */
  startServer(): Promise<NatsServer>
  connectAs(
    server: NatsServer,
    user: IssuedUser | { jwt: string; seed: string },
  ): Promise<NatsConnection>
  close(): Promise<void>
}

export interface NscProfileOptions {
  readonly audit?: KeyAudit
  readonly keychain?: MapKeychain
  readonly databasePath?: string
  readonly home?: string
  /** Tells profiles on one keychain apart. */
  readonly place?: string
  readonly atBoundary?: (boundary: ProcedureBoundary) => void
}

/** An empty profile with an authority, ready to import. */
export async function openNscProfile(options: NscProfileOptions = {}): Promise<NscProfile> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-nsc-profile-'))
  const databasePath = options.databasePath ?? join(folder, 'muster.db')
  const { database } = openDatabase(databasePath, AUTHORITY_MIGRATIONS)
  const keychain = options.keychain ?? new MapKeychain()
  const publisher = new ResolverPublisher()
  const audit = options.audit ?? noAudit
  const log = silentLogger()
  const { atBoundary } = options
  const procedures = new Procedures({
    database,
    log,
    ...(atBoundary === undefined ? {} : { atBoundary }),
  })
  const authority = new Authority({
    audit,
    database,
    keychain,
    publisher,
    log,
    procedures,
  })
  const store = new AuthorityStore(database)
  const nsc = testedNscService({
    authority,
    database,
    keychain,
    audit,
    home: options.home ?? folder,
    ...(options.place === undefined ? {} : { place: options.place }),
  })
  const connections: NatsConnection[] = []
  const servers: NatsServer[] = []
  const connectAs: NscProfile['connectAs'] = async (server, user) => {
    const inbox = 'inboxPrefix' in user ? { inboxPrefix: user.inboxPrefix } : {}
    const connection = await logIn(server.url, user, inbox)
    connections.push(connection)
    return connection
  }
  return {
    authority,
    store,
    nsc,
    keychain,
    database,
    databasePath,
    publisher,
    importFrom: async (folders, { removeFiles = false } = {}) => {
      const scan = await nsc.scan({ folders }, NEVER)
      const [operator] = scan.operators
      if (operator === undefined) throw new Error('There is no operator in these folders.')
      let latest: NscImport | null = null
      const stop = nsc.subscribe((update) => void (latest = update.import))
      nsc.import({
        scan: scan.id,
        operator: operator.publicKey,
        dialect: 'device-connect',
        removeFiles,
      })
      await until('the import ended', () => latest !== null && latest.state !== 'running')
      stop()
      if (latest === null) throw new Error('There is no import.')
      return latest
    },
    startServer: async () => {
      const { operatorJwt, systemAccount, accounts } = await authority.bootstrap()
      const preload = [systemAccount, ...accounts].map(
        ({ publicKey, jwt }) => `${publicKey}: ${jwt}`,
      )
      const server = await startNatsServer({
        files: { 'op.jwt': operatorJwt },
        config: `
          operator: op.jwt
          system_account: ${systemAccount.publicKey}
          resolver: { type: full, dir: "jwt", allow_delete: true, interval: "2m" }
          resolver_preload: { ${preload.join('\n')} }`,
      })
      servers.push(server)
      const system = await authority.issueUser({
        account: 'system',
        role: 'system',
        name: 'system',
        ttlMs: 3_600_000,
        delivery: 'internal',
      })
      publisher.connection = await connectAs(server, system)
      return server
    },
    connectAs,
    close: async () => {
      await nsc.close()
      await authority.close()
      for (const connection of connections) await connection.close()
      for (const server of servers) await server.stop()
      if (database.isOpen) database.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
