import type { DatabaseSync } from 'node:sqlite'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Authority, type Bootstrap } from '../../../src/main/authority/authority.ts'
import { AUTHORITY_MIGRATIONS } from '../../../src/main/authority/migrations.ts'
import { VaultKeychain } from '../../../src/main/keychain/vault-keychain.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import type { ProcedureBoundary } from '../../../src/main/steps/procedure.ts'
import { Procedures } from '../../../src/main/steps/procedures.ts'
import { openDatabase } from '../../../src/main/storage/database.ts'
import { ResolverPublisher } from '../../integration/authority/support/resolver-publisher.ts'
import { CHEAP_SCRYPT } from '../cheap-scrypt.ts'
import { authenticatorOf } from '../log-in.ts'
import { patientConnect } from '../patient-connect.ts'
import { noAudit } from '../no-audit.ts'
import { NEVER } from '#shared/never.ts'

const PASSPHRASE = 'only for tests that kill themselves'
const DAY_MS = 24 * 60 * 60 * 1000

/** A profile on disk (database and vault file) with the server that it speaks for. */
export interface FaultWorld {
  readonly authority: Authority
  readonly keychain: VaultKeychain
  readonly database: DatabaseSync
  readonly publisher: ResolverPublisher
  close(): Promise<void>
}

export interface FaultWorldOptions {
  readonly folder: string
  readonly atBoundary?: (boundary: ProcedureBoundary) => void
  /** Starts the server, anew where it runs, with what the authority has recorded; resolves with its URL. */
  startServer(bootstrap: Bootstrap): Promise<string>
  /** Where the server runs already; it is started otherwise. */
  readonly serverUrl?: string
  /** A profile without operator and server, for what begins with one. */
  readonly bare?: boolean
}

/** Opens a profile as a start of the app does; creates it where there is none. */
export async function openFaultWorld(options: FaultWorldOptions): Promise<FaultWorld> {
  const { database } = openDatabase(join(options.folder, 'muster.db'), AUTHORITY_MIGRATIONS)
  const vault = { path: join(options.folder, 'keychain.vault'), cost: CHEAP_SCRYPT }
  const keychain = existsSync(vault.path)
    ? await VaultKeychain.open(vault, PASSPHRASE)
    : await VaultKeychain.create(vault, PASSPHRASE)
  const log = silentLogger()
  const publisher = new ResolverPublisher()
  const hook = options.atBoundary === undefined ? {} : { atBoundary: options.atBoundary }
  const procedures = new Procedures({ database, log, ...hook })
  const link = async (url: string) => {
    await publisher.connection?.close()
    const user = await authority.issueUser({
      account: 'system',
      role: 'system',
      name: 'system',
      ttlMs: DAY_MS,
      delivery: 'internal',
    })
    const { inboxPrefix } = user
    const authenticator = authenticatorOf(user)
    publisher.connection = await patientConnect({ servers: url, authenticator, inboxPrefix })
  }
  const authority: Authority = new Authority({
    audit: noAudit,
    database,
    keychain,
    publisher,
    log,
    procedures,
    installer: {
      install: async () => link(await options.startServer(await authority.bootstrap())),
      reconnect: () => link(publisher.connection?.getServer() ?? ''),
    },
  })
  if (options.bare !== true) {
    await authority.setUp({ dialect: 'device-connect' })
    await link(options.serverUrl ?? (await options.startServer(await authority.bootstrap())))
    // As the app does at each connect: the server may hold what a crash left half done.
    await authority.republish(NEVER)
  }
  return {
    authority,
    keychain,
    database,
    publisher,
    close: async () => {
      await authority.close()
      await publisher.connection?.close()
      await keychain.close()
      database.close()
    },
  }
}
