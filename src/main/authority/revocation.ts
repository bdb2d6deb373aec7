import { InternalError, RejectedError } from '#shared/errors.ts'
import { inTransaction } from '../storage/database.ts'
import type { AccountChange, AccountChanges, AuthorityParts, ChangeUse } from './account-changes.ts'
import type { Ledger, LedgerEntry } from './ledger.ts'

/** The default lifetime of a credential: revocations of keys that the ledger does not know live as long. */
const DEFAULT_LIFETIME_MS = 90 * 24 * 60 * 60 * 1000

/** Which credential to withdraw. */
export type RevocationTarget = { readonly publicKey: string } | { readonly ledgerId: string }

export interface Revocation {
  readonly publicKey: string
  /** JWTs of this key issued up to then are refused, in whole seconds. */
  readonly revokedAt: Date
  /** Ledger ids of the credentials that this ended. */
  readonly ended: readonly string[]
}

/** A credential to end, and as what. */
interface Ending {
  readonly entry: LedgerEntry
  readonly state: 'struck' | 'revoked'
  readonly reason: string
}

/** Withdraws credentials: into the account's revocation list, pushed, confirmed, then recorded. */
export class Revocations {
  readonly #parts: AuthorityParts
  readonly #changes: AccountChanges
  readonly #ledger: Ledger

  constructor(parts: AuthorityParts, changes: AccountChanges, ledger: Ledger) {
    this.#parts = parts
    this.#changes = changes
    this.#ledger = ledger
  }

  /**
   * Revokes every credential of a key. The server cuts its connections and refuses it from then on.
   * Revoking again is free. @throws RejectedError `CREDENTIAL_UNKNOWN` and what `apply` throws.
   */
  async revoke(target: RevocationTarget, reason: string, signal: AbortSignal): Promise<Revocation> {
    const publicKey =
      'publicKey' in target ? target.publicKey : this.#entry(target.ledgerId).publicKey
    const entries = this.#ledger.entriesOfKey(publicKey)
    if (entries.length === 0) throw unknownCredential()
    // One that was struck while another worked is still good: see `strike`.
    const open = entries.filter(({ revokedAt }) => revokedAt === null)
    const at = await this.#end(
      open.map((entry) => ({ entry, state: 'revoked' as const, reason })),
      signal,
    )
    const before = entries.map(({ revokedAt }) => revokedAt?.getTime() ?? 0)
    return {
      publicKey,
      revokedAt: at.get(publicKey) ?? new Date(Math.max(...before)),
      ended: open.map(({ id }) => id),
    }
  }

  /**
   * Ends a credential that its user did not take. It is revoked too, unless another credential of the same key
   * is in use: a revocation names a key, not a JWT, and would cut that one off.
   */
  async strike(
    ledgerId: string,
    reason: string,
    signal: AbortSignal,
  ): Promise<{ revoked: boolean }> {
    const entry = this.#entry(ledgerId)
    if (!isOpen(entry)) return { revoked: entry.revokedAt !== null }
    await this.#end([{ entry, state: 'struck', reason }], signal)
    return { revoked: this.#entry(ledgerId).revokedAt !== null }
  }

  /** Strikes what was not connected with in time; returns those credentials. */
  async sweep(reason: string, signal: AbortSignal): Promise<LedgerEntry[]> {
    const overdue = this.#ledger.overdue(this.#parts.now())
    await this.#end(
      overdue.map((entry) => ({ entry, state: 'struck' as const, reason })),
      signal,
    )
    return overdue
  }

  /** Ends credentials, with one push per account; returns when each key was revoked. */
  async #end(endings: readonly Ending[], signal: AbortSignal): Promise<Map<string, Date>> {
    const all = new Map<string, Date>()
    for (const [account, group] of Map.groupBy(endings, ({ entry }) => entry.account)) {
      const ids = new Set(group.map(({ entry }) => entry.id))
      const revokedAt = new Map(
        group
          .filter((ending) => !this.#isShielded(ending, ids))
          .map(({ entry: { publicKey } }) => [publicKey, this.#revocationTime(publicKey)]),
      )
      const record = () => {
        for (const { entry, state, reason } of group) {
          this.#ledger.end(entry.id, state, reason, revokedAt.get(entry.publicKey) ?? null)
        }
      }
      if (revokedAt.size === 0) inTransaction(this.#parts.database, record)
      else {
        const change = this.#change(account, revokedAt)
        await this.#changes.apply([change], useOf(group, [...revokedAt.keys()]), signal, record)
      }
      this.#ledger.announce()
      for (const [key, at] of revokedAt) all.set(key, at)
    }
    return all
  }

  /** Whether revoking would cut off a user that works with another credential of the same key. */
  #isShielded({ entry, state }: Ending, ending: ReadonlySet<string>): boolean {
    if (state === 'revoked') return false
    const now = this.#parts.now()
    return this.#ledger
      .entriesOfKey(entry.publicKey)
      .some(
        (other) =>
          other.account === entry.account &&
          !ending.has(other.id) &&
          isOpen(other) &&
          other.expiresAt > now,
      )
  }

  /** Now, or the latest second in which a credential of the key was issued, if that is later. */
  #revocationTime(publicKey: string): Date {
    const issued = this.#ledger.entriesOfKey(publicKey).map(({ issuedAt }) => issuedAt.getTime())
    const now = Math.floor(this.#parts.now().getTime() / 1000) * 1000
    return new Date(Math.max(now, ...issued))
  }

  #change(publicKey: string, revokedAt: ReadonlyMap<string, Date>): AccountChange {
    const account = this.#parts.store.account(publicKey)
    const claims = account === undefined ? undefined : this.#changes.claimsOf(account)
    if (account === undefined || claims === undefined) {
      throw new InternalError({
        code: 'ACCOUNT_LOST',
        message: 'The account of this credential is not recorded, so it can not be revoked here.',
        advice: 'Report this.',
        details: { account: publicKey },
      })
    }
    const revocations = this.#pruned(publicKey, claims.revocations ?? {})
    for (const [key, at] of revokedAt) revocations[key] = Math.floor(at.getTime() / 1000)
    return { account, claims: { ...claims, revocations } }
  }

  /** Without the entries whose every credential has expired: the list has to fit a message. */
  #pruned(account: string, revocations: Readonly<Record<string, number>>) {
    const now = this.#parts.now()
    const expired = this.#ledger.expiredKeys(account, now)
    // A key that the ledger does not know (any more) was issued for no longer than the longest was.
    const lifetime = Math.max(DEFAULT_LIFETIME_MS, this.#ledger.longestLifetimeMs(account))
    const oldest = (now.getTime() - lifetime) / 1000
    const kept: Record<string, number> = {}
    for (const [key, seconds] of Object.entries(revocations)) {
      if (!expired.has(key) && seconds >= oldest) kept[key] = seconds
    }
    return kept
  }

  #entry(id: string): LedgerEntry {
    const entry = this.#ledger.entry(id)
    if (entry === undefined) throw unknownCredential()
    return entry
  }
}

/** Of one call they share state and reason. */
function useOf([first]: readonly Ending[], subjects: readonly string[]): ChangeUse {
  const action = first?.state === 'struck' ? 'credential-strike' : 'credential-revoke'
  return { action, subjects, reason: first?.reason ?? 'A credential is withdrawn.' }
}

function isOpen({ state }: LedgerEntry): boolean {
  return state === 'pending' || state === 'active'
}

function unknownCredential(): RejectedError {
  return new RejectedError({
    code: 'CREDENTIAL_UNKNOWN',
    message: 'This credential is not in the ledger, so it was not issued by this profile.',
    advice: 'Revoke it where it was issued.',
  })
}
