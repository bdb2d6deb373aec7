import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { RejectedError } from '#shared/errors.ts'

/** A version of an account that the servers confirmed. */
export interface StoredVersion {
  readonly id: number
  readonly at: Date
  readonly bytes: number
  /** Public, yet for main only. */
  readonly jwt: string
}

const Row = z.object({ id: z.int(), at: z.int(), bytes: z.int(), jwt: z.string() })

/** Reads the history, which triggers of the database write: see RESOLVER_MIGRATIONS. */
export class AccountHistory {
  readonly #database: DatabaseSync

  /** @param database with AUTHORITY_MIGRATIONS and RESOLVER_MIGRATIONS applied */
  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** Versions of an account, the newest first, at most `limit`. */
  versions(account: string, limit: number): StoredVersion[] {
    return this.#database
      .prepare(
        'SELECT id, at, bytes, jwt FROM account_history WHERE account = ? ORDER BY id DESC LIMIT ?',
      )
      .all(account, limit)
      .map(versionOf)
  }

  /** @throws RejectedError `VERSION_UNKNOWN`. */
  version(account: string, id: number): StoredVersion {
    const row = this.#database
      .prepare('SELECT id, at, bytes, jwt FROM account_history WHERE account = ? AND id = ?')
      .get(account, id)
    if (row !== undefined) return versionOf(row)
    throw new RejectedError({
      code: 'VERSION_UNKNOWN',
      message: 'This version of the account is not in the history (any more).',
      advice: 'Choose another one from the list.',
    })
  }

  /** The one before; undefined where it is the first that is kept. */
  before(account: string, id: number): StoredVersion | undefined {
    const row = this.#database
      .prepare(
        'SELECT id, at, bytes, jwt FROM account_history WHERE account = ? AND id < ? ORDER BY id DESC LIMIT 1',
      )
      .get(account, id)
    return row === undefined ? undefined : versionOf(row)
  }
}

function versionOf(row: unknown): StoredVersion {
  const { at, ...rest } = Row.parse(row)
  return { ...rest, at: new Date(at) }
}
