import { InternalError, RejectedError } from '#shared/errors.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'
import { inTransaction } from '../storage/database.ts'
import { tenantWiring, type AccountClaims } from './account-claims.ts'
import {
  requireOperator,
  type AccountChanges,
  type ApplyOptions,
  type AuthorityParts,
} from './account-changes.ts'
import type { AccountRow } from './authority-store.ts'
import { decodeJwt } from './jwt.ts'
import type { Ledger } from './ledger.ts'

export interface AccountVersionsOptions {
  readonly parts: AuthorityParts
  readonly changes: AccountChanges
  readonly ledger: Ledger
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>
  readonly until: (signal: AbortSignal) => AbortSignal
  readonly announce: () => void
}

/** What the servers have of an account now, asked when nothing else changes it. */
export type ReadServer = (signal: AbortSignal) => Promise<string | undefined>

/**
 * Brings record and servers together where they differ, and an account back to an earlier version. No way
 * through here lets anybody in again: revocations of both sides stay, and a signing key that was
 * taken away does not come back.
 */
export class AccountVersions {
  readonly #options: AccountVersionsOptions

  constructor(options: AccountVersionsOptions) {
    this.#options = options
  }

  /**
   * Sends what is recorded to the servers. Where another holder of the operator's keys changed the account,
   * his revocations are kept, and the rest is as it is recorded here.
   * @throws InternalError `ACCOUNT_LOST`, and what `AccountChanges.apply` and the publisher throw.
   */
  putBack(publicKey: string, readServer: ReadServer, signal: AbortSignal): Promise<void> {
    return this.#run(signal, async (until) => {
      const { changes } = this.#options
      const account = this.#recorded(publicKey)
      const ours = changes.claimsOf(account)
      if (ours === undefined) throw lost(publicKey)
      const theirs = this.#own(publicKey, await readServer(until))
      // Where the push fails, what comes back is theirs and not an older one of ours.
      if (theirs !== undefined && theirs.jwt !== account.jwt) this.#follow(account, theirs)
      const revocations = together(ours.revocations, theirs?.claims.revocations)
      // Signed anew: a server that lost a file goes on ignoring the very bytes that it once had.
      await this.#apply(publicKey, { ...ours, revocations }, 'Put right on the servers.', until)
    })
  }

  /**
   * Takes over what the servers have, where our operator signed it: into the record, with the revocations of
   * both. An account that is not recorded yet becomes that of the tenants it is wired for.
   * @throws RejectedError `ACCOUNT_FOREIGN_ISSUER`, `ACCOUNT_NOT_A_TENANT`; what `apply` throws.
   */
  adopt(publicKey: string, readServer: ReadServer, signal: AbortSignal): Promise<void> {
    return this.#run(signal, async (until) => {
      const { parts, changes } = this.#options
      const theirs = this.#own(publicKey, await readServer(until))
      if (theirs === undefined) throw nothingToAdopt(publicKey)
      const account = parts.store.account(publicKey) ?? this.#newAccount(publicKey, theirs)
      const ours = changes.claimsOf(account)
      this.#follow(account, theirs)
      const revocations = together(ours?.revocations, theirs.claims.revocations)
      const lacking = Object.entries(revocations).some(
        ([key, at]) => theirs.claims.revocations?.[key] !== at,
      )
      if (!lacking) return
      const reason = 'Taken over from the servers, with the revocations of this profile.'
      await this.#apply(publicKey, { ...theirs.claims, revocations }, reason, until)
    })
  }

  /**
   * Takes accounts off the servers that are not in the record.
   * @throws RejectedError `ACCOUNT_RECORDED`; what the publisher throws.
   */
  removeStray(publicKey: string, signal: AbortSignal): Promise<void> {
    return this.#run(signal, async (until) => {
      const { parts, changes } = this.#options
      if (parts.store.account(publicKey) !== undefined) throw recorded(publicKey)
      const stray = { publicKey, kind: 'tenant', name: 'stray', jwt: null } as const
      await changes.remove([stray], 'An account that this profile does not know.', until)
    })
  }

  /**
   * What an account would be after `rollBack` to a version of it.
   * @throws RejectedError `ROLLBACK_NOT_OF_THIS`, InternalError `ACCOUNT_LOST`.
   */
  rolledBack(publicKey: string, version: string): AccountClaims {
    const { parts, changes } = this.#options
    const account = this.#recorded(publicKey)
    const now = changes.claimsOf(account)
    if (now === undefined) throw lost(publicKey)
    if (account.kind === 'system' || account.kind === 'registry') throw notOfThis(account)
    const { type: _type, version: _version, ...then } = decodeJwt(version).nats
    const dialect = dialectOf(requireOperator(parts.store).dialect)
    const tenants = parts.store.tenants().filter((tenant) => tenant.account === publicKey)
    const registry = parts.store.accounts().find(({ kind }) => kind === 'registry')?.publicKey
    const names = tenants.map(({ name }) => name)
    const wiring = tenantWiring(dialect, names, registry ?? '')
    const claims = then as unknown as AccountClaims
    return {
      ...claims,
      imports: withMissing(claims.imports ?? [], wiring.imports),
      exports: withMissing(claims.exports ?? [], wiring.exports),
      signing_keys: now.signing_keys,
      revocations: now.revocations ?? {},
    }
  }

  /**
   * Changes an account back to an earlier version; its revocations and signing keys stay as they are.
   * @throws what `rolledBack` and `AccountChanges.apply` throw.
   */
  rollBack(publicKey: string, version: string, at: Date, signal: AbortSignal): Promise<void> {
    return this.#run(signal, (until) =>
      this.#apply(
        publicKey,
        this.rolledBack(publicKey, version),
        `Back to the version of ${at.toISOString()}.`,
        until,
        {},
      ),
    )
  }

  /** `work` while nothing else changes accounts. */
  #run(signal: AbortSignal, work: (until: AbortSignal) => Promise<void>): Promise<void> {
    const until = this.#options.until(signal)
    return this.#options.exclusively(() => work(until))
  }

  async #apply(
    publicKey: string,
    claims: AccountClaims,
    reason: string,
    signal: AbortSignal,
    options: ApplyOptions = { overwrite: true },
  ): Promise<void> {
    const account = this.#recorded(publicKey)
    const use = { action: 'account-change', reason } as const
    await this.#options.changes.apply([{ account, claims }], use, signal, () => undefined, options)
  }

  /** Records what the servers have, and whom it revokes. */
  #follow(account: AccountRow, { jwt, claims }: Adopted): void {
    const { parts, ledger, announce } = this.#options
    const { publicKey } = account
    inTransaction(parts.database, () => {
      parts.store.setAccountJwt(publicKey, jwt, parts.now())
      for (const entry of ledger.entries()) {
        if (entry.account !== publicKey || entry.revokedAt !== null) continue
        // An empty list is left out of a JWT by nats-io/jwt.
        const revocations: RevocationList = { ...claims.revocations }
        const seconds = Math.max(revocations[entry.publicKey] ?? 0, revocations['*'] ?? 0)
        if (Math.floor(entry.issuedAt.getTime() / 1000) > seconds) continue
        ledger.end(entry.id, 'revoked', 'Revoked by another Muster.', new Date(seconds * 1000))
      }
    })
    ledger.announce()
    announce()
  }

  /** An account of ours that another Muster made. */
  #newAccount(publicKey: string, { name, claims }: Adopted): AccountRow {
    const { parts } = this.#options
    const { store, now } = parts
    const { subjectRoot } = dialectOf(requireOperator(store).dialect)
    const tenants = (claims.exports ?? []).flatMap(({ subject }) => {
      const [root, tenant, device, last] = subject.split('.')
      const own = root === subjectRoot && device === '*' && last === 'heartbeat'
      return own && tenant !== undefined && store.tenant(tenant) === undefined ? [tenant] : []
    })
    if (tenants.length === 0) throw notATenant(name)
    const account: AccountRow = { publicKey, kind: 'tenant', name, jwt: null }
    inTransaction(parts.database, () => {
      store.addAccount(account, now())
      store.addKey(publicKey, publicKey, 'identity', now())
      for (const key of claims.signing_keys ?? []) {
        if (typeof key === 'string') store.addKey(key, publicKey, 'signing', now())
      }
      for (const tenant of tenants) {
        store.addTenant(tenant, publicKey, 'account', now())
        store.setTenantReady(tenant, now())
      }
    })
    return account
  }

  #own(publicKey: string, jwt: string | undefined): Adopted | undefined {
    if (jwt === undefined) return undefined
    try {
      this.#options.changes.verifyIssuer({ name: publicKey, publicKey, jwt })
    } catch {
      return undefined
    }
    const { name, nats } = decodeJwt(jwt)
    const { type: _type, version: _version, ...claims } = nats
    return { jwt, name, claims: claims as unknown as AccountClaims }
  }

  #recorded(publicKey: string): AccountRow {
    const account = this.#options.parts.store.account(publicKey)
    if (account === undefined) throw lost(publicKey)
    return account
  }
}

interface Adopted {
  readonly jwt: string
  readonly name: string
  readonly claims: AccountClaims
}

type RevocationList = Readonly<Record<string, number>>

/** Both lists, the later second of each key. */
function together(left: RevocationList = {}, right: RevocationList = {}): RevocationList {
  const keys = new Set([...Object.keys(left), ...Object.keys(right)])
  return Object.fromEntries(
    [...keys].map((key) => [key, Math.max(left[key] ?? 0, right[key] ?? 0)]),
  )
}

interface Crossing {
  readonly subject: string
  readonly type: string
  readonly account?: string
}

/** What tenants need to reach the registry, whatever the earlier version knew of them. */
function withMissing<T extends Crossing>(present: readonly T[], needed: readonly T[]): T[] {
  const key = ({ type, account = '', subject }: T) => `${type} ${account} ${subject}`
  const known = new Set(present.map(key))
  return [...present, ...needed.filter((item) => !known.has(key(item)))]
}

function lost(publicKey: string): InternalError {
  return new InternalError({
    code: 'ACCOUNT_LOST',
    message: 'This account is not recorded, or no server has confirmed it yet.',
    advice: 'Look at Keys, Resolver again: somebody may have removed it meanwhile.',
    details: { account: publicKey },
  })
}

function nothingToAdopt(publicKey: string): RejectedError {
  return new RejectedError({
    code: 'ACCOUNT_FOREIGN_ISSUER',
    message:
      'The servers have no version of this account that your operator signed, so there is nothing to take over.',
    advice: 'Put yours back, or delete the account from the servers where it is not yours.',
    details: { account: publicKey },
  })
}

function notATenant(name: string): RejectedError {
  return new RejectedError({
    code: 'ACCOUNT_NOT_A_TENANT',
    message: `The account ${name.slice(0, 64)} is wired for no tenant of this dialect, so Muster can not take it over as one.`,
    advice: 'Leave it as it is, or delete it from the servers where nobody needs it.',
  })
}

function recorded(publicKey: string): RejectedError {
  return new RejectedError({
    code: 'ACCOUNT_RECORDED',
    message: 'This account belongs to this profile, so it is not deleted here.',
    advice: 'Clear the tenant in Tenants, or put the account right.',
    details: { account: publicKey },
  })
}

function notOfThis({ name }: AccountRow): RejectedError {
  return new RejectedError({
    code: 'ROLLBACK_NOT_OF_THIS',
    message: `The account ${name} holds the whole deployment together; an earlier version of it would cut tenants off.`,
    advice: 'Change what is wrong in the tenants. Their accounts can be rolled back.',
  })
}
