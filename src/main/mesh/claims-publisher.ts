import { messageOf, RejectedError, TransientError } from '#shared/errors.ts'
import type {
  AccountPublisher,
  AccountRemoval,
  SignedAccount,
} from '../authority/account-publisher.ts'
import { verifyJwt, type DecodedJwt } from '../authority/jwt.ts'
import type { Logger } from '../log/logger.ts'
import { notConnected } from './kept-connection.ts'
import type { SystemLink } from './system-link.ts'
import { pause } from './waiting.ts'

/** How long the resolver may take to hold what it said it took. */
const CONFIRM_TIMEOUT_MS = 5_000
const CONFIRM_INTERVAL_MS = 50

export interface ClaimsPublisherOptions {
  readonly link: SystemLink
  readonly log: Logger
}

/** What a look through the resolver found and mended. */
export interface Reconciliation {
  /** Accounts that were missing or different and were pushed again. */
  readonly repaired: readonly SignedAccount[]
  /** Public keys of accounts whose JWT somebody else had signed, ours or not. */
  readonly foreign: readonly string[]
}

/**
 * The way of account JWTs to the running server (nats-auth.md): nothing that our operator did not
 * sign leaves, since nats-server 2.9 stores it with `code 200` and locks the account out at its next
 * restart; and what was sent is read back, since that answer alone proves little.
 */
export class ClaimsPublisher implements AccountPublisher {
  readonly #link: SystemLink
  readonly #log: Logger
  #operatorKeys: readonly string[] = []

  constructor(options: ClaimsPublisherOptions) {
    this.#link = options.link
    this.#log = options.log.part('mesh')
  }

  /** Names the operator whose accounts may be published; to be called before the link connects. */
  trust(operatorJwt: string): void {
    const claims = verifyJwt(operatorJwt, { type: 'operator' })
    this.#operatorKeys = [claims.sub, ...signingKeysOf(claims)]
  }

  maxPayloadBytes(): number {
    return this.#link.maxPayloadBytes()
  }

  /**
   * Pushes accounts in the given order and reads each back.
   * @throws RejectedError `ACCOUNT_FOREIGN_ISSUER` before anything is sent, `CLAIMS_REFUSED`;
   *   TransientError `MESH_NOT_CONNECTED`, `MESH_NO_ANSWER`, `CLAIMS_NOT_CONFIRMED`.
   */
  async publish(accounts: readonly SignedAccount[], signal: AbortSignal): Promise<void> {
    // While nothing runs the accounts go into the resolver's folder at the next start.
    if (this.#link.state.phase === 'off') throw notConnected()
    for (const account of accounts) this.#requireOwn(account)
    for (const account of accounts) await this.#push(account, signal)
  }

  async withdraw(removal: AccountRemoval, signal: AbortSignal): Promise<void> {
    await this.#link.deleteClaims(removal.jwt, signal)
    this.#log.info('accounts were removed from the resolver', {
      accounts: removal.publicKeys.length,
    })
  }

  /**
   * Compares what the resolver holds with what it should, and pushes what differs. To be called at
   * each connect: a crash, a restored disk or somebody else with a key of the system account
   * may have changed it.
   */
  async reconcile(
    accounts: readonly SignedAccount[],
    signal: AbortSignal,
  ): Promise<Reconciliation> {
    const repaired: SignedAccount[] = []
    const foreign: string[] = []
    const held = new Set(await this.#link.listClaims(signal))
    for (const account of accounts) {
      const { publicKey } = account
      const found = held.has(publicKey)
        ? await this.#link.lookUpClaims(publicKey, signal)
        : undefined
      held.delete(publicKey)
      if (found === account.jwt) continue
      if (found !== undefined && !this.#isOwn(found, publicKey)) foreign.push(publicKey)
      await this.publish([account], signal)
      repaired.push(account)
    }
    for (const publicKey of held) {
      const found = await this.#link.lookUpClaims(publicKey, signal)
      if (found !== undefined && !this.#isOwn(found, publicKey)) foreign.push(publicKey)
    }
    this.#report(repaired, foreign)
    return { repaired, foreign }
  }

  #report(repaired: readonly SignedAccount[], foreign: readonly string[]): void {
    if (repaired.length > 0) {
      const names = repaired.map(({ name }) => name).join(', ')
      this.#log.warn('the resolver held other accounts than it should; pushed again', { names })
    }
    if (foreign.length > 0) {
      this.#log.error('the resolver held accounts that a stranger signed', {
        accounts: foreign.join(', '),
      })
    }
  }

  async #push(account: SignedAccount, signal: AbortSignal): Promise<void> {
    await this.#link.updateClaims(account.jwt, signal)
    const deadline = AbortSignal.timeout(CONFIRM_TIMEOUT_MS)
    for (;;) {
      const found = await this.#link.lookUpClaims(account.publicKey, signal)
      if (found === account.jwt) return
      if (deadline.aborted) throw notConfirmed(account)
      await pause(CONFIRM_INTERVAL_MS, signal)
      signal.throwIfAborted()
    }
  }

  #requireOwn(account: SignedAccount): void {
    if (this.#isOwn(account.jwt, account.publicKey)) return
    throw new RejectedError({
      code: 'ACCOUNT_FOREIGN_ISSUER',
      message: `The JWT of the account ${account.name} is not one that this mesh's operator signed for it. The server would store it all the same and refuse everybody in that account after its next restart.`,
      advice: 'Nothing was sent. Find out where this JWT came from before you go on.',
      details: { account: account.publicKey },
    })
  }

  #isOwn(jwt: string, publicKey: string): boolean {
    try {
      const claims = verifyJwt(jwt, { type: 'account', issuers: this.#operatorKeys })
      return claims.sub === publicKey
    } catch (error) {
      this.#log.debug('an account JWT is not ours', { reason: messageOf(error) })
      return false
    }
  }
}

function signingKeysOf(claims: DecodedJwt): string[] {
  const { signing_keys: keys } = claims.nats
  return Array.isArray(keys) ? keys.filter((key) => typeof key === 'string') : []
}

function notConfirmed(account: SignedAccount): TransientError {
  return new TransientError({
    code: 'CLAIMS_NOT_CONFIRMED',
    message: `The NATS server said that it took the account ${account.name}, but does not show it as sent.`,
    advice: 'Try again. If it stays so, somebody else may be changing the accounts of this server.',
    details: { account: account.publicKey },
  })
}
