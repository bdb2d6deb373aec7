import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ConflictError, RejectedError } from '#shared/errors.ts'

const SQLITE_BUSY = 5

export interface ProfileLock {
  release(): void
}

/**
 * Makes sure that one Muster at a time uses a profile: two would mint under each other's ledger.
 * The lock is an exclusive transaction on a SQLite file, so the OS lets go of it when the process
 * dies however it dies, and no stale lock file is ever left to explain. Keep what is returned:
 * a lock that nobody holds a reference to is closed by the garbage collector.
 * @throws ConflictError `PROFILE_IN_USE`, RejectedError `PROFILE_UNREADABLE`.
 */
export function lockProfile(folder: string): ProfileLock {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const database = new DatabaseSync(join(folder, 'lock.db'))
    try {
      database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
    } catch (error) {
      database.close()
      throw error
    }
    return { release: () => database.close() }
  } catch (error) {
    throw explain(error)
  }
}

function explain(error: unknown): ConflictError | RejectedError {
  const busy = error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY
  if (busy) {
    return new ConflictError({
      code: 'PROFILE_IN_USE',
      message: 'Muster is already running with this profile.',
      advice:
        'Use the window that is open, end the other Muster, or start with another --profile folder.',
      cause: error,
    })
  }
  return new RejectedError({
    code: 'PROFILE_UNREADABLE',
    message: 'The profile folder can not be read or written.',
    advice:
      'Check that you own the folder and may write in it, or start with another --profile folder.',
    cause: error,
  })
}
