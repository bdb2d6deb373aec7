import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  ConflictError,
  messageOf,
  type MusterError,
  RejectedError,
  toMusterError,
  TransientError,
} from '#shared/errors.ts'
import type { Logger } from '../log/logger.ts'
import { inTransaction } from '../storage/database.ts'
import type { AccountClaims } from './account-claims.ts'
import type { AccountPublisher, SignedAccount } from './account-publisher.ts'
import type { AccountRow, AuthorityStore } from './authority-store.ts'
import type { RoleStore } from './role-store.ts'
import { decodeJwt, encodeJwt, operatorKeysIn, verifyJwt } from './jwt.ts'
import type { AuditedSigner, KeyUse } from './key-use.ts'
import type { KeyVault } from './key-vault.ts'
import type { Signer } from './signer.ts'

/** How long putting the servers back may take after a push that failed. */
const RESTORE_TIMEOUT_MS = 5_000

/** Room in a message beside the JWT: the resolvers of a cluster exchange `KEY|JWT`. */
const MESSAGE_OVERHEAD_BYTES = 128

/** What the parts of the authority share. */
export interface AuthorityParts {
  readonly database: DatabaseSync
  readonly store: AuthorityStore
  readonly roles: RoleStore
  readonly keys: KeyVault
  readonly publisher: AccountPublisher
  readonly log: Logger
  readonly now: () => Date
}

/** An account with the claims that it shall have. */
export interface AccountChange {
  readonly account: AccountRow
  readonly claims: AccountClaims
}

/** Why accounts change; without subjects, the accounts are what the audit log names. */
export type ChangeUse = Pick<KeyUse, 'action' | 'reason'> & Partial<Pick<KeyUse, 'subjects'>>

export interface ApplyOptions {
  /** Whatever the servers have: for putting right what differs. */
  readonly overwrite?: boolean
}

/**
 * The one way in which accounts change: new JWTs signed, their signer and size checked, pushed and
 * confirmed, then recorded. When a push fails, what the servers had is put back.
 */
export class AccountChanges {
  readonly #parts: AuthorityParts
  /** Parsed once per version: a list of 8,000 revocations takes milliseconds to read. */
  readonly #claims = new Map<string, { readonly jwt: string; readonly claims: AccountClaims }>()
  #operatorJwt: { readonly jwt: string; readonly keys: readonly string[] } = { jwt: '', keys: [] }

  constructor(parts: AuthorityParts) {
    this.#parts = parts
  }

  /**
   * The claims that an account has now; undefined while no server has confirmed it.
   * @throws RejectedError `JWT_…` where the record was tampered with.
   */
  claimsOf(account: AccountRow): AccountClaims | undefined {
    if (account.jwt === null) return undefined
    const known = this.#claims.get(account.publicKey)
    if (known?.jwt === account.jwt) return known.claims
    // `apply` alone writes them, so the shape is ours.
    const claims = decodeJwt(account.jwt).nats as unknown as AccountClaims
    this.#claims.set(account.publicKey, { jwt: account.jwt, claims })
    return claims
  }

  /**
   * Carries out changes together, in the given order; `record` runs in the transaction that notes them,
   * and `use` says in the audit log why the operator's key signed.
   * @throws TransientError `CANCELLED`; RejectedError `ACCOUNT_TOO_LARGE`, `OPERATOR_KEYS_MISSING`; `PUSH_FAILED` of the kind of
   *   its cause, after which ledger and servers are as they were, or `details.restored` is false.
   */
  async apply(
    changes: readonly AccountChange[],
    use: ChangeUse,
    signal: AbortSignal,
    record: () => void,
    options: ApplyOptions = {},
  ): Promise<void> {
    const accounts = changes.map(({ account: { name, publicKey } }) => `${name} ${publicKey}`)
    const signer = await this.#operatorSigner({ subjects: accounts, ...use })
    try {
      await this.#applySigned(changes, signer, signal, record, options)
    } catch (thrown) {
      signer.failed(thrown)
      throw thrown
    }
  }

  /**
   * Takes accounts off the servers, and notes that none of them has them. Nothing may refer to them any more.
   * @throws what the publisher throws; then the servers may have them or not, and it is to be called again.
   */
  async remove(
    accounts: readonly AccountRow[],
    reason: string,
    signal: AbortSignal,
  ): Promise<void> {
    const publicKeys = accounts.map(({ publicKey }) => publicKey)
    if (this.#parts.publisher.removesFromRunning === false) {
      await this.#revokeEverybody(accounts, reason, signal)
    }
    await this.#withdraw(publicKeys, reason, signal)
    const { database, store, now } = this.#parts
    inTransaction(database, () => {
      for (const publicKey of publicKeys) store.setAccountJwt(publicKey, null, now())
    })
    for (const publicKey of publicKeys) this.#claims.delete(publicKey)
  }

  /**
   * Checks that one of the operator's keys signed this account JWT and that it is for this account.
   * @throws RejectedError `ACCOUNT_FOREIGN_ISSUER`, `JWT_…`.
   */
  verifyIssuer(account: SignedAccount): void {
    const claims = verifyJwt(account.jwt, { type: 'account' })
    if (this.#operatorKeys().includes(claims.iss) && claims.sub === account.publicKey) return
    throw new RejectedError({
      code: 'ACCOUNT_FOREIGN_ISSUER',
      message: `The JWT of the account ${account.name} is not one that this deployment's operator signed for it. A server would store it all the same and refuse everybody in that account after its next restart.`,
      advice: 'Nothing was sent. Find out where this JWT came from before you go on.',
      details: { account: account.publicKey, issuer: claims.iss },
    })
  }

  async #applySigned(
    changes: readonly AccountChange[],
    signer: AuditedSigner,
    signal: AbortSignal,
    record: () => void,
    options: ApplyOptions,
  ): Promise<void> {
    const { database, store, publisher, now } = this.#parts
    const unchanged =
      options.overwrite === true ? Promise.resolve() : this.#requireUnchanged(changes, signal)
    unchanged.catch(() => undefined)
    // The question leaves before the signing, which takes as long as the answer.
    await nextTurn()
    const at = now()
    const signed = changes.map(({ account, claims }) => signAccount(account, claims, signer, at))
    // What this process has just signed is not read again, which takes milliseconds for a long list of
    // revocations: that the signer is the operator's says as much. The publisher looks once more.
    if (!this.#operatorKeys().includes(signer.publicKey))
      for (const one of signed) this.verifyIssuer(one)
    for (const account of signed) {
      requireFits(account, publisher.maxPayloadBytes())
    }
    if (signal.aborted) throw cancelled()
    await unchanged
    try {
      await publisher.publish(signed, signal)
    } catch (thrown) {
      throw pushFailed(toMusterError(thrown), await this.#restore(changes))
    }
    try {
      inTransaction(database, () => {
        for (const { publicKey, jwt } of signed) store.setAccountJwt(publicKey, jwt, at)
        record()
        signer.done()
      })
    } catch (thrown) {
      await this.#restore(changes)
      throw thrown
    }
    for (const [index, { publicKey, jwt }] of signed.entries()) {
      const claims = changes[index]?.claims
      if (claims !== undefined) this.#claims.set(publicKey, { jwt, claims })
    }
  }

  /** For servers that keep an account which they are not told to forget. */
  async #revokeEverybody(
    accounts: readonly AccountRow[],
    reason: string,
    signal: AbortSignal,
  ): Promise<void> {
    const seconds = Math.floor(this.#parts.now().getTime() / 1000)
    const changes = accounts.flatMap((account) => {
      const claims = this.claimsOf(account)
      if (claims === undefined) return []
      return [{ account, claims: { ...claims, revocations: { '*': seconds } } }]
    })
    if (changes.length === 0) return
    const use = { action: 'account-remove', reason } as const
    await this.apply(changes, use, signal, () => undefined)
  }

  /** Nothing is built on a state that somebody else has replaced meanwhile. */
  async #requireUnchanged(changes: readonly AccountChange[], signal: AbortSignal): Promise<void> {
    try {
      await this.#parts.publisher.requireUnchanged?.(
        changes.map(({ account }) => account),
        signal,
      )
    } catch (thrown) {
      const error = toMusterError(thrown)
      if (error.kind === 'conflict') throw error
      throw pushFailed(error, true)
    }
  }

  /** Puts back what the servers had; whether that is certain. */
  async #restore(changes: readonly AccountChange[]): Promise<boolean> {
    const { publisher, log } = this.#parts
    const signal = AbortSignal.timeout(RESTORE_TIMEOUT_MS)
    const previous = changes.flatMap(({ account: { name, publicKey, jwt } }) =>
      jwt === null ? [] : { name, publicKey, jwt },
    )
    const added = changes.flatMap(({ account }) => (account.jwt === null ? account.publicKey : []))
    try {
      // The last to come is the first to go, so that no account refers to one that is gone.
      if (previous.length > 0) await publisher.publish(previous.toReversed(), signal)
      if (added.length > 0) {
        const reason = 'A push that failed is taken back: these accounts were new in it.'
        await this.#withdraw(added, reason, signal)
      }
      return true
    } catch (error) {
      log.warn('a failed change of accounts could not be taken back', { error })
      return false
    }
  }

  async #withdraw(
    publicKeys: readonly string[],
    reason: string,
    signal: AbortSignal,
  ): Promise<void> {
    const signer = await this.#operatorSigner({
      action: 'account-remove',
      subjects: publicKeys,
      reason,
    })
    // nats-server wants it self-signed by an operator key, and `accounts` in the generic data.
    const jwt = encodeJwt(
      {
        name: 'remove accounts',
        subject: signer.publicKey,
        type: 'generic',
        nats: { accounts: publicKeys },
        issuedAt: Math.floor(this.#parts.now().getTime() / 1000),
      },
      signer,
    )
    try {
      await this.#parts.publisher.withdraw({ publicKeys, jwt }, signal)
    } catch (thrown) {
      signer.failed(thrown)
      throw thrown
    }
    signer.done()
  }

  #operatorSigner(use: KeyUse): Promise<AuditedSigner> {
    const { keys, store } = this.#parts
    const operator = this.#operator()
    // An imported operator may have no signing key; then its identity signs, as it did before.
    const usual = [...store.keysOf(operator, 'signing'), ...store.keysOf(operator, 'identity')]
    return keys.signer(usual, 'operator', use)
  }

  /** Who may sign accounts: while a key is being rotated, the operator's JWT knows more than the record. */
  #operatorKeys(): string[] {
    const { store } = this.#parts
    const { publicKey, jwt } = requireOperator(store)
    if (this.#operatorJwt.jwt !== jwt) {
      this.#operatorJwt = { jwt, keys: operatorKeysIn(decodeJwt(jwt)) }
    }
    return [publicKey, ...this.#operatorJwt.keys, ...store.keysOf(publicKey, 'signing')]
  }

  #operator(): string {
    return requireOperator(this.#parts.store).publicKey
  }
}

/** An account JWT with these claims, signed by the operator. */
export function signAccount(
  account: Pick<AccountRow, 'name' | 'publicKey'>,
  claims: AccountClaims,
  signer: Signer,
  at: Date,
): SignedAccount {
  const jwt = encodeJwt(
    {
      name: account.name,
      subject: account.publicKey,
      type: 'account',
      nats: claims,
      issuedAt: Math.floor(at.getTime() / 1000),
    },
    signer,
  )
  return { name: account.name, publicKey: account.publicKey, jwt, issuer: signer.publicKey }
}

/** The operator. @throws ConflictError `AUTHORITY_NOT_SET_UP` where there is none yet. */
export function requireOperator(store: AuthorityStore) {
  const operator = store.operator()
  if (operator !== undefined) return operator
  throw new ConflictError({
    code: 'AUTHORITY_NOT_SET_UP',
    message: 'This profile has no operator yet, so it can not create tenants or credentials.',
    advice: 'Make a local mesh first (Settings, Mesh).',
  })
}

function requireFits(account: SignedAccount, maxPayloadBytes: number): void {
  const bytes = account.jwt.length + MESSAGE_OVERHEAD_BYTES
  if (bytes <= maxPayloadBytes) return
  throw new RejectedError({
    code: 'ACCOUNT_TOO_LARGE',
    message: `The JWT of the account ${account.name} would have ${bytes} bytes, and the server takes messages of up to ${maxPayloadBytes}. It was not sent.`,
    advice: "Raise the server's max_payload, or take revocations or tenants off this account.",
    details: { account: account.publicKey, bytes, maxPayloadBytes },
  })
}

function cancelled(): TransientError {
  return new TransientError({
    code: 'CANCELLED',
    message: 'The change was cancelled before anything was sent to the mesh.',
    advice: 'Start it again when you want it.',
  })
}

function pushFailed(cause: MusterError, restored: boolean): MusterError {
  const after = restored
    ? 'Everything is as it was.'
    : 'Whether the server kept the change could not be seen; Muster sends it the recorded state at the next connection.'
  const init = {
    code: 'PUSH_FAILED',
    message: `The mesh did not take the change: ${messageOf(cause)} ${after}`,
    advice: cause.advice,
    details: { reason: cause.code, restored },
    cause,
  }
  return cause.kind === 'rejected' ? new RejectedError(init) : new TransientError(init)
}
