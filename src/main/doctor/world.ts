import type { ClockOffset, Finding } from '#shared/contract/doctor.ts'
import type { LedgerEntry } from '../authority/ledger.ts'
import type { LooseClaims } from './read-claims.ts'

/** What this profile and its servers say about a credential's account and user. */
export interface World {
  /** This computer's clock. */
  readonly now: Date
  /** Null where no server of ours could be asked. */
  readonly clock: ClockOffset | null
  /** Public keys that may sign accounts; empty where this profile has no operator. */
  readonly operatorKeys: readonly string[]
  /** The account as this profile recorded it. */
  readonly recorded: RecordedAccount | null
  readonly resolver: ResolverView
  readonly connections: ConnectionCounts | null
  /** Ledger rows of the user's key, the newest last. */
  readonly ledger: readonly LedgerEntry[]
}

export interface RecordedAccount {
  readonly name: string
  /** The tenant that it is for. */
  readonly tenant: string | null
  /** Null while no server confirmed it. */
  readonly claims: LooseClaims | null
}

/** What the servers' resolver holds for an account. */
export type ResolverView =
  /** It was not asked; `why` is a sentence. */
  | { readonly type: 'not-asked'; readonly why: string }
  | { readonly type: 'missing' }
  | {
      readonly type: 'held'
      readonly claims: LooseClaims
      /** Whether the issuer that it names signed it. */
      readonly genuine: boolean
      /** Byte for byte what this profile recorded. */
      readonly same: boolean
    }

export interface ConnectionCounts {
  readonly ofAccount: number
  readonly ofUser: number
  /** Of the user's connection that has the most. */
  readonly mostSubscriptions: number
}

/** The account's claims that count: what the servers hold, else what is recorded. */
export function accountClaims({ resolver, recorded }: World): LooseClaims | null {
  return resolver.type === 'held' ? resolver.claims : (recorded?.claims ?? null)
}

/** Milliseconds of the servers' clock, as far as it is known. */
export function serverTime({ now, clock }: World): number {
  return now.getTime() + (clock?.offsetMs ?? 0)
}

/** Where the user's newest credential is renewed. */
export function renewOf({ ledger }: World): Finding['action'] {
  const newest = ledger.at(-1)
  return newest === undefined ? null : { type: 'renew', credential: newest.id }
}

/** Where the settings of the account's tenant are changed. */
export function changeTenantOf({ recorded }: World): Finding['action'] {
  const tenant = recorded?.tenant ?? null
  return tenant === null ? null : { type: 'tenant', tenant }
}
