import { createReadStream, createWriteStream } from 'node:fs'
import { appendFile, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { Restoration } from '#shared/contract/recovery.ts'
import { messageOf, TransientError } from '#shared/errors.ts'
import type { KeyAudit } from '../authority/key-use.ts'
import type { Keychain } from '../authority/keychain.ts'
import type { Logger } from '../log/logger.ts'
import { explainDatabaseError, openDatabase, type Migration } from '../storage/database.ts'
import { publicKeyOf, type KitContent, type KitKey } from './kit-content.ts'
import { backupOfAnother, backupUnusable, profileInUse } from './recovery-errors.ts'
import { RecoveryStore } from './recovery-store.ts'
import type { MeshAuthorityKey } from './recovery-service.ts'

/** Far more than a ledger of a hundred thousand credentials takes. */
const MAX_UPLOAD_BYTES = 512 * 1024 * 1024
const MAX_DATABASE_BYTES = 4 * 1024 * 1024 * 1024

export interface RestorerOptions {
  readonly database: DatabaseSync
  readonly databasePath: string
  readonly migrations: readonly Migration[]
  readonly keychain: Keychain
  readonly audit: KeyAudit
  readonly log: Logger
  /** Puts the mesh's certificate authority back. */
  readonly keepMeshKey: (key: MeshAuthorityKey) => Promise<void>
  /** The database holds another profile's content from now on, and the keychain not yet its keys. */
  readonly onReplaced: () => void
  /** The keychain holds the kit's keys: services look again, and what is lost is made anew. */
  readonly onRestored: (missing: Restoration['missing']) => Promise<Regained>
}

/** What was made anew of the keys that are lost. */
export type Regained = Pick<Restoration, 'remade' | 'problem'>

interface Upload {
  readonly id: string
  readonly folder: string
  parts: number
}

/** Brings a profile back from a kit and a backup of its database. */
export class Restorer {
  readonly #options: RestorerOptions
  #upload: Upload | undefined

  constructor(options: RestorerOptions) {
    this.#options = options
  }

  /**
   * Takes a part of a backup. A new upload replaces one that was not used.
   * @throws RejectedError `BACKUP_UNUSABLE` where a part is missing or it grows too large.
   */
  async receive(id: string, part: number, base64: string): Promise<void> {
    if (this.#upload?.id !== id) {
      if (part !== 0) throw backupUnusable('its beginning is missing')
      await this.#forgetUpload()
      const folder = await mkdtemp(join(tmpdir(), 'muster-restore-'))
      this.#upload = { id, folder, parts: 0 }
    }
    const upload = this.#upload
    if (part !== upload.parts) throw backupUnusable('a part of it is missing')
    const path = join(upload.folder, 'backup.gz')
    await appendFile(path, Buffer.from(base64, 'base64'), { mode: 0o600 })
    upload.parts += 1
    if ((await stat(path)).size > MAX_UPLOAD_BYTES) {
      await this.#forgetUpload()
      throw backupUnusable('it is larger than any backup is')
    }
  }

  /**
   * The profile's content from the upload, then the kit's keys into the keychain. Interrupted between the
   * two it is completed by presenting the kit again (`bringBack`). Without a kit (null), `operator` is the one whose
   * keys the keychain holds.
   * @throws ConflictError `PROFILE_HAS_OPERATOR`; RejectedError `BACKUP_UNUSABLE`, `BACKUP_FOREIGN`,
   *   `DATABASE_TOO_NEW`; what the keychain throws.
   */
  async restore(
    content: KitContent | null,
    operator: { readonly name: string; readonly publicKey: string },
    uploadId: string,
  ): Promise<Restoration> {
    const { database, keychain, log, audit } = this.#options
    this.#requireEmpty()
    const upload = this.#upload
    if (upload?.id !== uploadId) throw backupUnusable('it did not arrive')
    const path = join(upload.folder, 'backup.db')
    try {
      await unpack(join(upload.folder, 'backup.gz'), path)
      if (this.#requireSound(path) !== operator.publicKey) throw backupOfAnother()
      await this.#replaceBy(path)
      this.#options.onReplaced()
    } finally {
      await this.#forgetUpload()
    }
    const source = content === null ? 'the keychain' : `the kit of ${content.createdAt}`
    const reason = `restored from ${source} and a backup`
    const line = { action: 'recovery-restore' as const, key: null, reason }
    const [begun] = audit.record([{ ...line, subject: operator.publicKey, result: 'begun' }])
    await this.keepKeys(content?.keys ?? [], reason)
    if (content?.mesh !== undefined) await this.#options.keepMeshKey(content.mesh)
    const known = new RecoveryStore(database).knownKeys()
    const missing: Restoration['missing'][number][] = []
    for (const { publicKey, holder, purpose } of known) {
      const isHere = (await keychain.get(publicKey)) !== undefined
      if (!isHere) missing.push({ publicKey, holder, purpose })
    }
    audit.record([
      {
        ...line,
        subject: operator.publicKey,
        result: 'done',
        ...(begun === undefined ? {} : { begun }),
      },
    ])
    log.info('a profile was restored', { keys: content?.keys.length ?? 0, missing: missing.length })
    const regained = await this.#options.onRestored(missing)
    const count = (sql: string) => Number(database.prepare(sql).get()?.['count'] ?? 0)
    return {
      operator: operator.name,
      tenants: count('SELECT count(*) AS count FROM authority_tenants'),
      credentials: count("SELECT count(*) AS count FROM credentials WHERE delivery <> 'internal'"),
      missing,
      ...regained,
    }
  }

  /** Stores seeds and reads each back. @throws TransientError `KEYCHAIN_FORGETS`. */
  async keepKeys(keys: readonly KitKey[], reason: string): Promise<void> {
    const { keychain, audit } = this.#options
    for (const key of keys) {
      const publicKey = publicKeyOf(key)
      const line = { action: 'key-import' as const, key: publicKey, subject: key.holder, reason }
      const [begun] = audit.record([{ ...line, result: 'begun' }])
      await keychain.set(publicKey, key.seed)
      if ((await keychain.get(publicKey)) !== key.seed) {
        throw new TransientError({
          code: 'KEYCHAIN_FORGETS',
          message: `The keychain took the key of ${key.holder} and did not give it back.`,
          advice: 'Unlock the keychain of this computer, then present the kit again.',
        })
      }
      audit.record([{ ...line, result: 'done', ...(begun === undefined ? {} : { begun }) }])
    }
  }

  /** Puts the certificate authority of the local mesh back. */
  keepMeshKey(key: MeshAuthorityKey): Promise<void> {
    return this.#options.keepMeshKey(key)
  }

  close(): Promise<void> {
    return this.#forgetUpload()
  }

  #requireEmpty(): void {
    const { database } = this.#options
    for (const table of ['authority_operator', 'credentials', 'audit_entries']) {
      if (database.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get() !== undefined) {
        throw profileInUse()
      }
    }
  }

  /** Opens the copy, brings its schema up to date; returns its operator's public key. */
  #requireSound(path: string): string {
    const { database, setAside } = openDatabase(path, this.#options.migrations)
    try {
      if (setAside !== undefined) throw backupUnusable('it is damaged, or no database')
      const row = database.prepare('SELECT public_key FROM authority_operator').get()
      if (row === undefined) throw backupUnusable('it holds no operator')
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      return String(row['public_key'])
    } finally {
      database.close()
    }
  }

  /**
   * The copy takes the place of the profile's database, as one transaction of SQLite's; whoever has it
   * open sees the new content from then on.
   */
  async #replaceBy(path: string): Promise<void> {
    const source = new DatabaseSync(path)
    try {
      await backup(source, this.#options.databasePath)
    } catch (error) {
      throw explainDatabaseError(error)
    } finally {
      source.close()
    }
  }

  async #forgetUpload(): Promise<void> {
    const folder = this.#upload?.folder
    this.#upload = undefined
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  }
}

async function unpack(from: string, to: string): Promise<void> {
  let bytes = 0
  try {
    await pipeline(
      createReadStream(from),
      createGunzip(),
      async function* limited(source: AsyncIterable<Buffer>) {
        for await (const chunk of source) {
          bytes += chunk.length
          if (bytes > MAX_DATABASE_BYTES) throw backupUnusable('it unpacks to more than any backup')
          yield chunk
        }
      },
      createWriteStream(to, { mode: 0o600 }),
    )
  } catch (error) {
    throw backupUnusable(messageOf(error))
  }
}
