import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { SignedAccount } from '../authority/account-publisher.ts'

/** How many of an account's versions are remembered as sent from here. */
const KEPT_PER_ACCOUNT = 64

/**
 * Remembers, by their hash, which account JWTs this profile ever sent: noted before they are sent, so
 * that after a crash in the middle of a push what the servers have is known for our own, and anything
 * else that our operator signed for the work of another Muster with the same keys.
 */
export class PushMarks {
  readonly #database: DatabaseSync

  /** @param database with MESH_MIGRATIONS applied */
  constructor(database: DatabaseSync) {
    this.#database = database
  }

  note(accounts: readonly Pick<SignedAccount, 'publicKey' | 'jwt'>[], at = Date.now()): void {
    const insert = this.#database.prepare(
      'INSERT OR REPLACE INTO mesh_pushes (account, at, sha256) VALUES (?, ?, ?)',
    )
    const prune = this.#database.prepare(
      `DELETE FROM mesh_pushes WHERE account = ?1 AND rowid NOT IN
         (SELECT rowid FROM mesh_pushes WHERE account = ?1 ORDER BY rowid DESC LIMIT ?2)`,
    )
    for (const { publicKey, jwt } of accounts) {
      insert.run(publicKey, at, hashOf(jwt))
      prune.run(publicKey, KEPT_PER_ACCOUNT)
    }
  }

  /** Whether this very JWT was sent, or was about to be, from here. */
  has(publicKey: string, jwt: string): boolean {
    return (
      this.#database
        .prepare('SELECT 1 FROM mesh_pushes WHERE account = ? AND sha256 = ?')
        .get(publicKey, hashOf(jwt)) !== undefined
    )
  }
}

function hashOf(jwt: string): Uint8Array {
  return createHash('sha256').update(jwt).digest()
}
