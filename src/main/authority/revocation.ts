import { InternalError } from '#shared/errors.ts'
import { inTransaction } from '../storage/database.ts'
import type { AccountChange, AccountChanges, AuthorityParts, ChangeUse } from './account-changes.ts'
import { signingKeyIds } from './account-claims.ts'
import type { Ledger, LedgerEntry } from './ledger.ts'
import { EVERY_USER, RevocationLists, type RevocationEntries } from './revocation-list.ts'
import { secondsOf, unknownCredential, type RevocationOrder } from './revocation-order.ts'

/** Which credential to withdraw. */
export type RevocationTarget = { readonly publicKey: string } | { readonly ledgerId: string }

export interface Revocation {
  readonly publicKey: string
  /** JWTs of this key issued up to then are refused, in whole seconds. */
  readonly revokedAt: Date
  /** Ledger ids of the credentials that this ended. */
  readonly ended: readonly string[]
}

export interface CarryOutOptions {
  /** Runs in the transaction that notes it. */
  record(): void
  /** Ledger id of a throw-away credential of the account that is revoked in the same push. */
  readonly probeId?: string
}

const PROBE_REASON = 'It was issued to see that the servers refuse what was revoked with it.'

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
  readonly #lists: RevocationLists

  constructor(parts: AuthorityParts, changes: AccountChanges, ledger: Ledger) {
    this.#parts = parts
    this.#changes = changes
    this.#ledger = ledger
    this.#lists = new RevocationLists(ledger, parts.now)
  }

  /**
   * Carries out what was planned: pushed, confirmed, then recorded together with `record`. Carried out
   * again it changes nothing, so that a restart may not know how far it came.
   * @throws RejectedError `REVOCATION_LIST_FULL`; what `AccountChanges.apply` throws.
   */
  async carryOut(
    order: RevocationOrder,
    options: CarryOutOptions,
    signal: AbortSignal,
  ): Promise<void> {
    const { account, keys, upTo, reason } = order
    const { probeId } = options
    const probe = probeId === undefined ? undefined : this.#entry(probeId)
    const added = {
      ...keys,
      ...(probe === undefined ? {} : { [probe.publicKey]: secondsOf(probe.issuedAt) }),
      ...(upTo === null ? {} : { [EVERY_USER]: upTo }),
    }
    const write = () => {
      this.#ledger.endRevoked(order)
      if (probe !== undefined) this.#ledger.end(probe.id, 'revoked', PROBE_REASON, probe.issuedAt)
      options.record()
    }
    const state = this.#stateOf(account)
    if (isRecorded(state.claims.revocations ?? {}, added)) {
      inTransaction(this.#parts.database, write)
    } else {
      const subjects = upTo === null ? Object.keys(keys) : [`${state.account.name} ${account}`]
      const use: ChangeUse = { action: 'credential-revoke', subjects, reason }
      await this.#push(state, added, use, signal, write)
    }
    this.#ledger.announce()
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

  /**
   * Strikes several, with one push for each account. Those that `wasSeen` denies never left this process, so
   * that no server has to hear of them.
   */
  async strikeAll(
    ledgerIds: readonly string[],
    reason: string,
    wasSeen: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const open = ledgerIds.map((id) => this.#entry(id)).filter(isOpen)
    if (wasSeen) {
      await this.#end(
        open.map((entry) => ({ entry, state: 'struck' as const, reason })),
        signal,
      )
      return
    }
    inTransaction(this.#parts.database, () => {
      for (const { id } of open) this.#ledger.end(id, 'struck', reason, null)
    })
    this.#ledger.announce()
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
        const added = Object.fromEntries([...revokedAt].map(([key, at]) => [key, secondsOf(at)]))
        const use = useOf(group, [...revokedAt.keys()])
        await this.#push(this.#stateOf(account), added, use, signal, record)
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

  /** The account with what the servers confirmed last. Read once: its JWT may have a megabyte. */
  #stateOf(publicKey: string): AccountChange {
    const account = this.#parts.store.account(publicKey)
    const claims = account === undefined ? undefined : this.#changes.claimsOf(account)
    if (account !== undefined && claims !== undefined) return { account, claims }
    throw new InternalError({
      code: 'ACCOUNT_LOST',
      message: 'The account of this credential is not recorded, so it can not be revoked here.',
      advice: 'Report this.',
      details: { account: publicKey },
    })
  }

  async #push(
    { account, claims }: AccountChange,
    added: RevocationEntries,
    use: ChangeUse,
    signal: AbortSignal,
    record: () => void,
  ): Promise<void> {
    const { publicKey } = account
    const list = this.#lists.extended(
      publicKey,
      claims.revocations ?? {},
      added,
      signingKeyIds(claims),
    )
    const change: AccountChange = { account, claims: { ...claims, revocations: list.entries } }
    await this.#changes.apply([change], use, signal, () => {
      if (list.pruned) this.#ledger.dropRevokedInternal(publicKey, this.#parts.now())
      record()
    })
    if (list.pruned) this.#lists.recorded(publicKey)
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

/** Whether a list has all of this already. */
function isRecorded(entries: RevocationEntries, added: RevocationEntries): boolean {
  const all = entries[EVERY_USER] ?? 0
  return Object.entries(added).every(
    ([key, seconds]) => Math.max(entries[key] ?? 0, all) >= seconds,
  )
}

function isOpen({ state }: LedgerEntry): boolean {
  return state === 'pending' || state === 'active'
}
