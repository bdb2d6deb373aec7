import type { CredentialFile } from '#shared/protocol/credentials.ts'
import type { Authority } from '../authority/authority.ts'
import type { MeshEndpoints } from '../authority/device-credentials.ts'
import { inboxPrefixOf } from '../authority/permissions.ts'
import type { LedgerEntry } from '../authority/ledger.ts'
import type { IssuedUser, UserPlace } from '../authority/user-issue.ts'
import { endedMeanwhile } from './renewal-errors.ts'

const DAY_MS = 24 * 60 * 60 * 1000

export interface RenewalRequest {
  /** Ledger id of the credential to renew. */
  readonly credentialId: string
  readonly validDays: number
  readonly delivery: 'mesh' | 'file'
  /** Until then it must have been connected with; undefined where it may take as long as it is valid. */
  readonly pendingUntil?: Date
}

/** A new credential for the key of an old one. `file` holds a JWT and no seed. */
export interface RenewedCredential {
  readonly ledgerId: string
  readonly file: CredentialFile
  readonly expiresAt: Date
}

/** What renewing needs of the authority. */
export interface RenewalIssuer {
  /** @throws ConflictError `RENEWAL_SUPERSEDED` where the old one is no longer open. */
  issue(request: RenewalRequest): Promise<RenewedCredential>
  /** What was issued once more, the very same. @throws MusterError where that can't be. */
  repeat(ledgerId: string): Promise<RenewedCredential>
  stateOf(ledgerId: string): LedgerEntry['state'] | undefined
  /** It was connected with in time. */
  confirm(ledgerId: string): void
  /** It was connected with after all. */
  reinstate(ledgerId: string): void
  /** Takes it back; the old one stays in force. @throws what pushing an account throws. */
  strike(ledgerId: string, reason: string, signal: AbortSignal): Promise<void>
  /** Renewals of a key that were issued at `since` or later and that nobody connected with yet. */
  pendingSince(publicKey: string, since: Date): readonly string[]
}

/** Renews credentials for the keys that their holders have. */
export class AuthorityRenewals implements RenewalIssuer {
  readonly #authority: Pick<Authority, 'issueUser' | 'repeatUser' | 'strike' | 'ledger'>
  readonly #endpoints: () => MeshEndpoints

  constructor(options: {
    readonly authority: Pick<Authority, 'issueUser' | 'repeatUser' | 'strike' | 'ledger'>
    readonly endpoints: () => MeshEndpoints
  }) {
    this.#authority = options.authority
    this.#endpoints = options.endpoints
  }

  async issue(request: RenewalRequest): Promise<RenewedCredential> {
    const old = this.#authority.ledger.entry(request.credentialId)
    if (old === undefined || (old.state !== 'active' && old.state !== 'pending')) {
      throw endedMeanwhile()
    }
    const ttlMs = request.validDays * DAY_MS
    const user = await this.#authority.issueUser({
      ...placeOf(old),
      name: old.name,
      publicKey: old.publicKey,
      ...(old.deviceId === null ? {} : { deviceId: old.deviceId }),
      ttlMs,
      pendingUntil: request.pendingUntil ?? new Date(Date.now() + ttlMs),
      delivery: request.delivery,
      inbox: hasPrivateInbox(old) ? 'private' : 'shared',
      reason: 'Renewed before it expires.',
      renew: true,
    })
    return this.#renewed(old, user)
  }

  async repeat(ledgerId: string): Promise<RenewedCredential> {
    const entry = this.#authority.ledger.entry(ledgerId)
    if (entry?.state !== 'pending') throw endedMeanwhile()
    return this.#renewed(
      entry,
      await this.#authority.repeatUser(ledgerId, 'Handed over again after an interruption.'),
    )
  }

  stateOf(ledgerId: string): LedgerEntry['state'] | undefined {
    return this.#authority.ledger.entry(ledgerId)?.state
  }

  confirm(ledgerId: string): void {
    this.#authority.ledger.confirmConnected(ledgerId)
  }

  reinstate(ledgerId: string): void {
    this.#authority.ledger.reinstate(ledgerId)
  }

  async strike(ledgerId: string, reason: string, signal: AbortSignal): Promise<void> {
    await this.#authority.strike(ledgerId, reason, signal)
  }

  pendingSince(publicKey: string, since: Date): readonly string[] {
    return this.#authority.ledger
      .entriesOfKey(publicKey)
      .filter(({ state, issuedAt, delivery }) => {
        const isRenewal = delivery === 'mesh' || delivery === 'file'
        // The ledger keeps whole seconds.
        return state === 'pending' && isRenewal && issuedAt.getTime() + 1000 > since.getTime()
      })
      .map(({ id }) => id)
  }

  #renewed(of: LedgerEntry, user: IssuedUser): RenewedCredential {
    const { urls, caPem } = this.#endpoints()
    const { jwt, ledgerId, expiresAt } = user
    const file: CredentialFile = {
      device_id: of.deviceId ?? of.name,
      auth_type: 'jwt',
      tenant: of.tenant ?? '',
      nats: { urls, jwt, ...(caPem === undefined ? {} : { tls: { ca_pem: caPem } }) },
    }
    return { ledgerId, file, expiresAt }
  }
}

function placeOf(entry: LedgerEntry): UserPlace {
  if (entry.role === 'system') return { account: 'system', role: 'system' }
  if (entry.role === 'registry') return { account: 'registry', role: 'registry' }
  return { account: { tenant: entry.tenant ?? '' }, role: entry.role }
}

/** A client that was given a prefix of its own for its replies goes on using it. */
function hasPrivateInbox({ permissions, publicKey }: LedgerEntry): boolean {
  return permissions.sub.allow.includes(`${inboxPrefixOf(publicKey, 'private')}.>`)
}
