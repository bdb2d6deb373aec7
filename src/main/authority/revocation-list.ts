import { RejectedError } from '#shared/errors.ts'
import type { Ledger } from './ledger.ts'

/**
 * Most entries that an account's revocation list may have. 12,000 make a JWT of over 1 MiB, which a
 * server with the default max_payload refuses as a message, and the user is not cut (measured).
 */
export const REVOCATION_ENTRIES_MAX = 8_000

/** Stands for every user of the account, in a JWT's revocations. */
export const EVERY_USER = '*'

/** The default lifetime of a credential: revocations of keys that the ledger does not know live as long. */
const DEFAULT_LIFETIME_MS = 90 * 24 * 60 * 60 * 1000

/** How long a list is not looked through again: that reads every credential of the account. */
const PRUNE_EVERY_MS = 60 * 60 * 1000

/** User public key (or `*`) -> unix seconds: JWTs issued up to then are refused. */
export type RevocationEntries = Readonly<Record<string, number>>

export interface PrunedList {
  readonly entries: Record<string, number>
  /** The ledger was looked through for what can go. */
  readonly pruned: boolean
}

/** Keeps revocation lists as short as they can be: every change sends the whole list to the servers. */
export class RevocationLists {
  readonly #ledger: Ledger
  readonly #now: () => Date
  readonly #prunedAt = new Map<string, number>()
  /** Counting a long list takes milliseconds, and the next one is mostly this one with two more. */
  readonly #sizes = new WeakMap<RevocationEntries, number>()

  constructor(ledger: Ledger, now: () => Date) {
    this.#ledger = ledger
    this.#now = now
  }

  /**
   * The list with `added`, without what can never matter again: entries of keys whose every credential
   * has expired or was signed by a key that the account no longer has, and those that a `*` covers.
   * @param signingKeys public keys that may sign the account's users
   * @throws RejectedError `REVOCATION_LIST_FULL`
   */
  extended(
    account: string,
    entries: RevocationEntries,
    added: RevocationEntries,
    signingKeys: readonly string[],
  ): PrunedList {
    const due = this.#isDue(account)
    const list = this.#withAdded(
      due ? this.#pruned(account, entries, signingKeys) : { ...entries },
      added,
      due ? undefined : this.#sizes.get(entries),
    )
    if (this.#sizeOf(list) <= REVOCATION_ENTRIES_MAX) return { entries: list, pruned: due }
    const pruned = this.#withAdded(this.#pruned(account, entries, signingKeys), added)
    const size = this.#sizeOf(pruned)
    if (size > REVOCATION_ENTRIES_MAX) throw listFull(account, size)
    return { entries: pruned, pruned: true }
  }

  /** Notes that a pruned list was recorded. */
  recorded(account: string): void {
    this.#prunedAt.set(account, this.#now().getTime())
  }

  /** Adds to the list itself, whose size may be known. */
  #withAdded(
    list: Record<string, number>,
    added: RevocationEntries,
    knownSize?: number,
  ): Record<string, number> {
    let size = knownSize
    for (const [key, seconds] of Object.entries(added)) {
      const before = list[key]
      if (before === undefined && size !== undefined) size += 1
      list[key] = Math.max(seconds, before ?? 0)
    }
    if (added[EVERY_USER] !== undefined) dropCovered(list, list[EVERY_USER] ?? 0)
    else if (size !== undefined) this.#sizes.set(list, size)
    return list
  }

  #sizeOf(list: RevocationEntries): number {
    const size = this.#sizes.get(list) ?? Object.keys(list).length
    this.#sizes.set(list, size)
    return size
  }

  #isDue(account: string): boolean {
    const at = this.#prunedAt.get(account)
    return at === undefined || this.#now().getTime() - at >= PRUNE_EVERY_MS
  }

  #pruned(
    account: string,
    entries: RevocationEntries,
    signingKeys: readonly string[],
  ): Record<string, number> {
    const now = this.#now()
    const done = this.#ledger.expiredKeys(account, now, [account, ...signingKeys])
    // A key that the ledger does not know (any more) was issued for no longer than the longest was.
    const lifetime = Math.max(DEFAULT_LIFETIME_MS, this.#ledger.longestLifetimeMs(account))
    const oldest = (now.getTime() - lifetime) / 1000
    const kept: Record<string, number> = {}
    for (const [key, seconds] of Object.entries(entries)) {
      if (!done.has(key) && seconds >= oldest) kept[key] = seconds
    }
    return kept
  }
}

function dropCovered(entries: Record<string, number>, upTo: number): void {
  for (const [key, seconds] of Object.entries(entries)) {
    if (key !== EVERY_USER && seconds <= upTo) delete entries[key]
  }
}

function listFull(account: string, entries: number): RejectedError {
  return new RejectedError({
    code: 'REVOCATION_LIST_FULL',
    message: `The revocation list of this account would have ${entries} entries; at ${REVOCATION_ENTRIES_MAX} it nears the size that servers refuse, so nothing was sent.`,
    advice:
      'Rotate the signing key of the account (Keys): what the old key signed is refused without a list. Or revoke everything that the account issued up to a time, which takes one entry.',
    details: { account, entries, limit: REVOCATION_ENTRIES_MAX },
  })
}
