import type { DatabaseSync } from 'node:sqlite'
import { toMusterError } from '#shared/errors.ts'
import type { Authority } from '../authority/authority.ts'
import { REVOCATION_ENTRIES_MAX } from '../authority/revocation-list.ts'
import type { Logger } from '../log/logger.ts'

/**
 * From so many entries on the account's signing key is rotated, well before the list is full: what a key
 * signed that the account no longer has is refused without an entry.
 */
export const ROTATE_FROM_ENTRIES = 6_000

export interface ListRotationOptions {
  readonly database: DatabaseSync
  readonly authority: Pick<Authority, 'revocationEntries' | 'accountName' | 'keys'>
  readonly notify: (notice: { level: 'warning'; title: string; text: string }) => void
  readonly log: Logger
  /** ROTATE_FROM_ENTRIES unless a test wants less. */
  readonly rotateFrom?: number
}

/**
 * Begins the rotation of a signing key whose account's revocation list fills up. That cuts nobody: the new
 * key is added, and the old one stays until its users have credentials by the new one.
 */
export class ListRotation {
  readonly #options: ListRotationOptions

  constructor(options: ListRotationOptions) {
    this.#options = options
  }

  /** Looks at the list after a revocation. Never throws: the next revocation looks again. */
  async consider(account: string, signal: AbortSignal): Promise<void> {
    const { authority, rotateFrom = ROTATE_FROM_ENTRIES, notify, log } = this.#options
    const entries = authority.revocationEntries(account)
    if (entries < rotateFrom) return
    const name = authority.accountName(account)
    try {
      const signingKey = await this.#busiestKey(account)
      if (signingKey === undefined) return
      await authority.keys.rotateAccountKey({ account, signingKey, cut: false }, signal)
      notify({
        level: 'warning',
        title: `The revocation list of ${name} fills up`,
        text: `It has ${entries.toLocaleString('en')} of ${REVOCATION_ENTRIES_MAX.toLocaleString('en')} entries, so Muster has begun to rotate the signing key of the account. Renew what the old key signed (Credentials, Expiry), then let Keys take the old key off: its revocations leave the list with it.`,
      })
    } catch (error) {
      if (signal.aborted) return
      const { code } = toMusterError(error)
      // It rotates already; Keys shows it.
      if (code !== 'PROCEDURE_UNFINISHED') {
        log.warn('the signing key of a full revocation list could not be rotated', { name, error })
      }
    }
  }

  /** Of the keys that sign now, the one that signed most of what was revoked. */
  async #busiestKey(account: string): Promise<string | undefined> {
    const inUse = new Set(
      (await this.#options.authority.keys.signingKeysOf(account))
        .filter((key) => key.inUse)
        .map(({ publicKey }) => publicKey),
    )
    return this.#options.database
      .prepare(
        `SELECT signing_key, count(DISTINCT public_key) AS keys FROM credentials
         WHERE account = ? AND revoked_at IS NOT NULL GROUP BY signing_key ORDER BY keys DESC`,
      )
      .all(account)
      .map((row) => String(row['signing_key']))
      .find((key) => inUse.has(key))
  }
}
