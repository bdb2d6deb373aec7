import { chmodSync, mkdirSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { messageOf, RejectedError, TransientError } from '#shared/errors.ts'

/** One step of a schema: plain SQL, run once, in the order of the list, each in a transaction. */
export interface Migration {
  /** Stable name, recorded in `schema_migrations`. */
  readonly name: string
  readonly sql: string
}

export interface OpenedDatabase {
  readonly database: DatabaseSync
  /** Where a damaged file was set aside, if that happened. The person is told. */
  readonly setAside?: string
}

// SQLite primary result codes (sqlite.org/rescode.html).
const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26
const SQLITE_FULL = 13
const SQLITE_READONLY = 8
const SQLITE_CANTOPEN = 14

/**
 * Opens a SQLite file in WAL mode, checks it and brings its schema up to date. A damaged file is
 * renamed to `PATH.damaged-TIME`, never deleted, and a new one begun.
 * @throws RejectedError `DATABASE_UNREADABLE` where the folder or file can't be opened,
 *   `DATABASE_TOO_NEW` where a newer Muster wrote it.
 */
export function openDatabase(
  path: string,
  migrations: readonly Migration[],
  now: () => Date = () => new Date(),
): OpenedDatabase {
  try {
    return { database: openChecked(path, migrations) }
  } catch (error) {
    if (!isDamage(error)) throw explainDatabaseError(error)
    const setAside = `${path}.damaged-${now().toISOString().replaceAll(/[:.]/gu, '-')}`
    for (const suffix of ['', '-wal', '-shm'])
      renameIfThere(`${path}${suffix}`, `${setAside}${suffix}`)
    return { database: openChecked(path, migrations), setAside }
  }
}

/**
 * Runs `work` in one transaction: all of it is kept, or nothing.
 * @throws whatever `work` throws, after the rollback; full disks as `DISK_FULL`.
 */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw explainDatabaseError(error)
  }
}

/** SQLite's own errors as errors that read as help; others unchanged. */
export function explainDatabaseError(error: unknown): unknown {
  const code = resultCode(error)
  if (code === SQLITE_FULL) {
    return new TransientError({
      code: 'DISK_FULL',
      message:
        'The disk is full, so the change could not be saved. What was there before is unharmed.',
      advice: 'Free some space on the disk that holds the Muster profile and try again.',
      cause: error,
    })
  }
  if (code === SQLITE_CANTOPEN || code === SQLITE_READONLY) {
    return new RejectedError({
      code: 'DATABASE_UNREADABLE',
      message: 'The profile database can not be opened for writing.',
      advice: 'Check that you own the profile folder and may write in it.',
      cause: error,
    })
  }
  return error
}

function openChecked(path: string, migrations: readonly Migration[]): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const database = new DatabaseSync(path)
  try {
    database.exec('PRAGMA busy_timeout = 5000')
    database.exec('PRAGMA journal_mode = WAL')
    database.exec('PRAGMA synchronous = NORMAL')
    database.exec('PRAGMA foreign_keys = ON')
    requireIntegrity(database)
    migrate(database, migrations)
    chmodSync(path, 0o600)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

class DamagedDatabase extends Error {}

function requireIntegrity(database: DatabaseSync): void {
  const row = database.prepare('PRAGMA quick_check(1)').get()
  if (row?.['quick_check'] !== 'ok') throw new DamagedDatabase(String(row?.['quick_check']))
}

function migrate(database: DatabaseSync, migrations: readonly Migration[]): void {
  database.exec('CREATE TABLE IF NOT EXISTS schema_migrations (name TEXT PRIMARY KEY) STRICT')
  const done = new Set(
    database
      .prepare('SELECT name FROM schema_migrations')
      .all()
      .map((row) => row['name']),
  )
  const unknown = [...done].find((name) => !migrations.some((migration) => migration.name === name))
  if (unknown !== undefined) {
    throw new RejectedError({
      code: 'DATABASE_TOO_NEW',
      message:
        'This profile was last used by a newer Muster, whose database this one does not understand.',
      advice: 'Start the newer version, or choose another profile folder.',
    })
  }
  for (const migration of migrations) {
    if (done.has(migration.name)) continue
    inTransaction(database, () => {
      database.exec(migration.sql)
      database.prepare('INSERT INTO schema_migrations (name) VALUES (?)').run(migration.name)
    })
  }
}

function isDamage(error: unknown): boolean {
  if (error instanceof DamagedDatabase) return true
  const code = resultCode(error)
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB
}

function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (!messageOf(error).includes('ENOENT')) throw error
  }
}
