import { RejectedError } from '#shared/errors.ts'
import type { Ledger, LedgerEntry } from './ledger.ts'

/** What to withdraw from one account. Everything in it is public, so that it can stand in a journal. */
export interface RevocationOrder {
  /** Public key of the account (A…). */
  readonly account: string
  /** User key (U…) -> unix seconds: its JWTs issued up to then are refused. */
  readonly keys: Readonly<Record<string, number>>
  /** Unix seconds: every JWT of the account issued up to then is refused; null for none but `keys`. */
  readonly upTo: number | null
  /** Why, in the person's own words. */
  readonly reason: string
}

/** What a person named: some credentials, or everything that an account issued up to a time. */
export type OrderTarget =
  | { readonly ledgerIds: readonly string[] }
  | { readonly account: string; readonly issuedUpTo: Date }

/** An order, with what the ledger knows of it. */
export interface PlannedRevocation {
  readonly order: RevocationOrder
  /** Credentials that it ends; empty for those of a whole account, which may be too many to hold. */
  readonly entries: readonly LedgerEntry[]
}

export interface RevocationPlan {
  /** One for each account. */
  readonly revocations: readonly PlannedRevocation[]
  /** Named, but ended before. */
  readonly endedBefore: readonly LedgerEntry[]
  /** Not named, but of a key that is. */
  readonly sameKey: number
}

/**
 * What revoking would do; changes nothing.
 * @throws RejectedError `CREDENTIAL_UNKNOWN`, `CREDENTIAL_OF_SYSTEM`
 */
export function planRevocation(
  ledger: Ledger,
  target: OrderTarget,
  reason: string,
  now: Date,
): RevocationPlan {
  return 'account' in target
    ? planAccount(ledger, target.account, target.issuedUpTo, reason, now)
    : planCredentials(ledger, target.ledgerIds, reason, now)
}

/** Whole seconds, as JWTs count. */
export function secondsOf(moment: Date): number {
  return Math.floor(moment.getTime() / 1000)
}

function planCredentials(
  ledger: Ledger,
  ids: readonly string[],
  reason: string,
  now: Date,
): RevocationPlan {
  const named = new Map<string, LedgerEntry>()
  for (const id of ids) {
    const entry = ledger.entry(id)
    if (entry === undefined) throw unknownCredential()
    if (entry.role === 'system') throw systemCredential()
    named.set(id, entry)
  }
  const open = [...named.values()].filter(isOpen)
  const revocations: PlannedRevocation[] = []
  let sameKey = 0
  for (const [account, group] of Map.groupBy(open, (entry) => entry.account)) {
    const keys: Record<string, number> = {}
    const entries: LedgerEntry[] = []
    for (const publicKey of new Set(group.map((entry) => entry.publicKey))) {
      const ofKey = ledger.entriesOfKey(publicKey).filter((entry) => entry.account === account)
      // Renewed within this very second it may have been issued in the next.
      keys[publicKey] = Math.max(
        secondsOf(now),
        ...ofKey.map(({ issuedAt }) => secondsOf(issuedAt)),
      )
      entries.push(...ofKey.filter(isOpen))
    }
    sameKey += entries.filter(({ id }) => !named.has(id)).length
    revocations.push({ order: { account, keys, upTo: null, reason }, entries })
  }
  const endedBefore = [...named.values()].filter((entry) => !isOpen(entry))
  return { revocations, endedBefore, sameKey }
}

function planAccount(
  ledger: Ledger,
  account: string,
  issuedUpTo: Date,
  reason: string,
  now: Date,
): RevocationPlan {
  const latest = secondsOf(now)
  const asked = Math.min(secondsOf(issuedUpTo), latest)
  // "Up to now" takes in what was renewed within this second and so counts as issued in the next.
  const upTo = asked < latest ? asked : Math.max(asked, secondsOf(ledger.latestIssue(account)))
  return {
    revocations: [{ order: { account, keys: {}, upTo, reason }, entries: [] }],
    endedBefore: [],
    sameKey: 0,
  }
}

// A struck credential that was not revoked, since another of its key worked, is still good.
function isOpen({ revokedAt }: LedgerEntry): boolean {
  return revokedAt === null
}

export function unknownCredential(): RejectedError {
  return new RejectedError({
    code: 'CREDENTIAL_UNKNOWN',
    message: 'This credential is not in the ledger, so it was not issued by this profile.',
    advice: 'Revoke it where it was issued.',
  })
}

function systemCredential(): RejectedError {
  return new RejectedError({
    code: 'CREDENTIAL_OF_SYSTEM',
    message:
      'This is the credential of Muster’s own connection to the system account, by which it revokes. It can not be revoked that way.',
    advice:
      'It ends by itself within a day. If its key was stolen, rotate the signing key of the system account (Keys).',
  })
}
