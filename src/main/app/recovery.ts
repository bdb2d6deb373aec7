import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { backup, type DatabaseSync } from 'node:sqlite'
import { toMusterError } from '#shared/errors.ts'
import { problemOf } from '#shared/problem-of.ts'
import type { AuthorityKeys } from '../authority/authority-keys.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { AuthorityStore } from '../authority/authority-store.ts'
import { OperatorMarker } from '../authority/operator-marker.ts'
import type { KeyAudit } from '../authority/key-use.ts'
import { writeFileAtomic } from '../files/atomic-write.ts'
import type { SaveFile } from '../files/saved-file.ts'
import type { HealthService } from '../health/health-service.ts'
import type { Keychain } from '../authority/keychain.ts'
import type { Logger } from '../log/logger.ts'
import { MeshStore } from '../mesh/mesh-store.ts'
import { meshPaths } from '../mesh/server-config.ts'
import type { Profile } from '../profile/profile.ts'
import type { LentKeys } from '../recovery/lent-keys.ts'
import {
  RecoveryService,
  type Identities,
  type MeshAuthorityKey,
} from '../recovery/recovery-service.ts'
import { RecoveryReminder } from '../recovery/reminder.ts'
import { RecoveryStore } from '../recovery/recovery-store.ts'
import { Restorer, type Regained } from '../recovery/restore.ts'
import { StartOver, type StartOverOptions } from '../recovery/start-over.ts'
import { PROFILE_MIGRATIONS } from './profile-database.ts'

export interface RecoveryParts {
  readonly database: DatabaseSync
  readonly profile: Profile
  readonly keychain: Keychain & StartOverOptions['keychain']
  readonly lent: LentKeys
  readonly audit: KeyAudit
  readonly auditLog: Pick<AuditLog, 'acceptNewKeychain'>
  readonly health: HealthService
  readonly saveFile: SaveFile
  /** The keychain holds the kit's keys: services look again, and the mesh starts. */
  readonly startMesh: () => Promise<void>
  readonly connected: (signal: AbortSignal) => Promise<void>
  readonly keys: Pick<AuthorityKeys, 'expectLostKeys' | 'lostKeysExpected' | 'regainLostKeys'>
  readonly identities: Identities
  readonly log: Logger
}

/** Recovery kits, backups, and the way back from them. */
export function composeRecovery(parts: RecoveryParts): {
  recovery: RecoveryService
  startOver: StartOver
  close(): Promise<void>
} {
  const { database, profile, keychain, lent, audit, health, saveFile } = parts
  const log = parts.log.part('recovery')
  const authority = new AuthorityStore(database)
  const meshes = new MeshStore(database)
  const paths = meshPaths(profile.folder)
  const meshKey = async (): Promise<MeshAuthorityKey | undefined> => {
    const id = meshes.local()?.id
    const caKeyPem = id === undefined ? undefined : await keychain.get(`ca:${id}`)
    if (id === undefined || caKeyPem === undefined) return undefined
    return { id, caKeyPem, caCertificatePem: await readFile(paths.caCertificate, 'utf8') }
  }
  const restorer = new Restorer({
    database,
    databasePath: profile.databasePath,
    migrations: PROFILE_MIGRATIONS,
    keychain,
    audit,
    log,
    keepMeshKey: async ({ id, caKeyPem, caCertificatePem }) => {
      await keychain.set(`ca:${id}`, caKeyPem)
      await writeFileAtomic(paths.caCertificate, caCertificatePem)
    },
    onReplaced: () => parts.keys.expectLostKeys(),
    // Where nothing is lost there is nothing to push.
    onRestored: (missing) =>
      regain(
        parts,
        missing.some(({ purpose }) => purpose === 'signing'),
      ),
  })
  const reminder = new RecoveryReminder({
    health,
    operatorCreatedAt: () => operatorCreatedAt(database),
  })
  const recovery = new RecoveryService({
    identities: parts.identities,
    store: new RecoveryStore(database),
    operator: () => {
      const row = authority.operator()
      if (row === undefined) return undefined
      return { name: row.name, publicKey: row.publicKey, dialect: row.dialect }
    },
    keychain,
    lent,
    audit,
    meshKey,
    restorer,
    remembered: () => new OperatorMarker(keychain, profile.folder).remembered(),
    onBroughtBack: async () => {
      const lost = parts.keys.lostKeysExpected()
      if (lost) await regain(parts, true)
    },
    backUpTo: async (path) => void (await backup(database, path)),
    saveFile,
    log,
    onChange: (state) => reminder.tell(state),
  })
  reminder.watch(() => recovery.remind())
  const count = (sql: string) => Number(database.prepare(sql).get()?.['count'] ?? 0)
  const startOver = new StartOver({
    keychain,
    vaultPath: join(profile.folder, 'keychain.vault'),
    store: new RecoveryStore(database),
    deployment: () => ({
      operator: authority.operator()?.name ?? null,
      tenants: count('SELECT count(*) AS count FROM authority_tenants'),
      credentials: count(
        "SELECT count(*) AS count FROM credentials WHERE state = 'active' AND delivery <> 'internal'",
      ),
    }),
    expectLostKeys: () => parts.keys.expectLostKeys(),
    acceptNewKeychain: (reason) => parts.auditLog.acceptNewKeychain(reason),
    log,
  })
  return {
    recovery,
    startOver,
    close: async () => {
      reminder.close()
      lent.close()
      await restorer.close()
    },
  }
}

/** How long making new signing keys after a restore may take: every account is signed anew. */
const REGAIN_KEYS_TIMEOUT_MS = 60_000

/** Starts the mesh, then has lost signing keys made anew; where that fails it is tried at each connect. */
async function regain(parts: RecoveryParts, needsMesh: boolean): Promise<Regained> {
  const signal = AbortSignal.timeout(REGAIN_KEYS_TIMEOUT_MS)
  try {
    await parts.startMesh()
    if (needsMesh) await parts.connected(signal)
    const made = await parts.keys.regainLostKeys(signal)
    const remade = made.map(({ name, role, tenant }) => ({ holder: name, role, tenant }))
    return { remade, problem: null }
  } catch (thrown) {
    const error = toMusterError(thrown)
    parts.log.part('recovery').warn('lost keys could not be made anew yet', { error })
    return { remade: [], problem: problemOf(error) }
  }
}

/** Undefined where there is no operator. */
function operatorCreatedAt(database: DatabaseSync): Date | undefined {
  const row = database.prepare('SELECT created_at FROM authority_operator').get()
  return typeof row?.['created_at'] === 'number' ? new Date(row['created_at']) : undefined
}
