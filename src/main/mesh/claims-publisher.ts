import { ConflictError, messageOf, RejectedError } from '#shared/errors.ts'
import { accountDifferences, summaryOf } from '../authority/account-diff.ts'
import type {
  AccountPublisher,
  AccountRemoval,
  RecordedAccount,
  SignedAccount,
} from '../authority/account-publisher.ts'
import { verifyJwt, type DecodedJwt } from '../authority/jwt.ts'
import type { Logger } from '../log/logger.ts'
import { FullResolver } from './full-resolver.ts'
import { notConnected } from './kept-connection.ts'
import { operatorKeysOf } from './operator-keys.ts'
import type { PushMarks } from './push-marks.ts'
import type { HeldAccount, ResolverWay } from './resolver-way.ts'
import { ServerRoster } from './server-roster.ts'
import type { SystemLink } from './system-link.ts'

export interface ClaimsPublisherOptions {
  readonly link: SystemLink
  readonly log: Logger
  /** What was ever sent from here; without it every unknown version is somebody else's. */
  readonly marks?: PushMarks
}

/** What a look through the resolver found and mended. */
export interface Reconciliation {
  /** Accounts that were missing or older and were pushed again. */
  readonly repaired: readonly SignedAccount[]
  /** Public keys of accounts whose JWT somebody else had signed, ours or not. */
  readonly foreign: readonly string[]
  /** Accounts that differ, and that a server did not take. */
  readonly unrepaired: readonly SignedAccount[]
  /** Accounts that somebody else with the operator's keys changed: left as they are. */
  readonly changedElsewhere: readonly SignedAccount[]
}

/** How what a server has of an account relates to what is recorded here. */
export type Standing =
  /** The same bytes. */
  | 'same'
  /** An earlier version, or one that was sent from here. */
  | 'older'
  /** Our operator signed it, and it did not come from here. */
  | 'elsewhere'
  /** Our operator did not sign it. */
  | 'foreign'

/**
 * The way of account JWTs to the running servers (nats-auth.md): nothing that our operator did not
 * sign leaves, since nats-server 2.9 stores it with `code 200` and locks the account out at its next
 * restart; and what was sent is read back, since that answer alone proves little.
 */
export class ClaimsPublisher implements AccountPublisher {
  readonly roster: ServerRoster
  readonly #link: SystemLink
  readonly #log: Logger
  readonly #marks: PushMarks | undefined
  readonly #full: ResolverWay
  #way: ResolverWay
  #operatorKeys: readonly string[] = []

  constructor(options: ClaimsPublisherOptions) {
    this.#link = options.link
    this.#log = options.log.part('mesh')
    this.#marks = options.marks
    this.roster = new ServerRoster(options.link)
    this.#full = new FullResolver({ link: this.#link, roster: this.roster, log: this.#log })
    this.#way = this.#full
  }

  /** How accounts get to the servers of the mesh in use. */
  get way(): ResolverWay {
    return this.#way
  }

  /** Names that way; undefined is the full resolver. To be called before the link connects. */
  use(way: ResolverWay | undefined): void {
    this.#way = way ?? this.#full
  }

  /** Names the operator whose accounts may be published; to be called before the link connects. */
  trust(operatorJwt: string): void {
    this.#operatorKeys = operatorKeysOf(operatorJwt)
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
    this.#marks?.note(accounts)
    await this.#way.push(accounts, signal)
  }

  /**
   * Checks, before a change is sent, that the servers still have what it was built on. A copy that a
   * stranger signed is no obstacle: the push mends it.
   * @throws ConflictError `ACCOUNT_CHANGED_ELSEWHERE`, `ACCOUNT_REMOVED_ELSEWHERE`, and what asking
   *   the servers throws.
   */
  async requireUnchanged(accounts: readonly RecordedAccount[], signal: AbortSignal): Promise<void> {
    if (this.#link.state.phase === 'off') throw notConnected()
    const [first, ...rest] = accounts
    if (first !== undefined && first.jwt !== null && rest.length === 0) {
      const jwts = await this.#way.look?.(first.publicKey, signal)
      if (jwts !== undefined) return this.#requireKnown(first, jwts)
    }
    const keys = accounts.map(({ publicKey }) => publicKey)
    for (const [index, held] of (await this.#way.held(keys, false, signal)).entries()) {
      const account = accounts[index] as RecordedAccount
      this.#requireKnown(account, held.jwts)
      if (account.jwt !== null && this.#isRemoved(held)) throw removedElsewhere(account)
    }
  }

  #requireKnown(account: RecordedAccount, jwts: readonly string[]): void {
    const other = jwts.find((jwt) => this.standing(account, jwt) === 'elsewhere')
    if (other !== undefined) throw changedElsewhere(account, other)
  }

  get removesFromRunning(): boolean {
    return this.#way.removes
  }

  async withdraw(removal: AccountRemoval, signal: AbortSignal): Promise<void> {
    await this.#way.withdraw(removal, signal)
    this.#log.info('accounts were removed from the resolver', {
      accounts: removal.publicKeys.length,
    })
  }

  /**
   * Compares what the resolver holds with what it should, and pushes what is missing, older or a
   * stranger's. To be called at each connect: a crash, a restored disk or somebody else with a key of the
   * system account may have changed it. What another Muster with the same keys changed stays as it is:
   * to push over it could bring a revoked credential back.
   */
  async reconcile(
    accounts: readonly SignedAccount[],
    signal: AbortSignal,
  ): Promise<Reconciliation> {
    const keys = accounts.map(({ publicKey }) => publicKey)
    const held = await this.#way.held(keys, false, signal)
    const standings = accounts.map((account, index) => ({
      account,
      found: (held[index]?.jwts ?? []).map((jwt) => this.standing(account, jwt)),
      missing: held[index]?.servers.some(({ state }) => state === 'missing') ?? true,
    }))
    const changed = standings.filter(({ found }) => found.includes('elsewhere'))
    const behind = standings.filter(
      ({ found, missing }) =>
        !found.includes('elsewhere') && (missing || found.some((one) => one !== 'same')),
    )
    const repaired: SignedAccount[] = []
    const unrepaired: SignedAccount[] = []
    for (const { account } of behind) {
      const done = await this.#tryPublish(account, signal)
      ;(done ? repaired : unrepaired).push(account)
    }
    const foreign = standings.flatMap(({ account, found }) =>
      found.includes('foreign') ? account.publicKey : [],
    )
    const outcome = {
      repaired,
      foreign: [...foreign, ...(await this.#foreignBeside(keys, signal))],
      changedElsewhere: changed.map(({ account }) => account),
      unrepaired,
    }
    this.#report(outcome)
    return outcome
  }

  /** How what a server has of an account relates to what is recorded. */
  standing({ publicKey, jwt: recorded }: RecordedAccount, jwt: string): Standing {
    if (jwt === recorded) return 'same'
    const found = this.ownClaims(jwt, publicKey)
    if (found === undefined) return 'foreign'
    if (this.#marks?.has(publicKey, jwt) === true) return 'older'
    const issuedAt = recorded === null ? undefined : this.ownClaims(recorded, publicKey)?.iat
    return issuedAt !== undefined && found.iat < issuedAt ? 'older' : 'elsewhere'
  }

  /** The claims of an account JWT where our operator signed it for this account. */
  ownClaims(jwt: string, publicKey: string): DecodedJwt | undefined {
    try {
      const claims = verifyJwt(jwt, { type: 'account', issuers: this.#operatorKeys })
      return claims.sub === publicKey ? claims : undefined
    } catch (error) {
      this.#log.debug('an account JWT is not ours', { reason: messageOf(error) })
      return undefined
    }
  }

  /** One account that a server does not take must not keep the others from being put right. */
  async #tryPublish(account: SignedAccount, signal: AbortSignal): Promise<boolean> {
    try {
      await this.publish([account], signal)
      return true
    } catch (error) {
      signal.throwIfAborted()
      if (this.#link.state.phase !== 'connected') throw error
      this.#log.warn('an account on the mesh could not be put right', {
        account: account.publicKey,
        error,
      })
      return false
    }
  }

  /** Accounts that nobody here knows and that our operator did not sign. */
  async #foreignBeside(known: readonly string[], signal: AbortSignal): Promise<string[]> {
    const unknown = (await this.#way.list(signal)).filter((key) => !known.includes(key))
    const held = await this.#way.held(unknown, false, signal)
    return held
      .filter(({ publicKey, jwts }) =>
        jwts.some((jwt) => this.ownClaims(jwt, publicKey) === undefined),
      )
      .map(({ publicKey }) => publicKey)
  }

  /** Only the full resolver tells an account that is gone from one that nobody uses now. */
  #isRemoved({ servers }: HeldAccount): boolean {
    return (
      this.#way.kind === 'full' &&
      servers.length > 0 &&
      servers.every(({ state }) => state === 'missing')
    )
  }

  #report({ repaired, foreign, changedElsewhere: changed }: Reconciliation): void {
    const namesOf = (accounts: readonly SignedAccount[]) =>
      accounts.map(({ name }) => name).join(', ')
    if (repaired.length > 0) {
      this.#log.warn('the resolver held other accounts than it should; pushed again', {
        names: namesOf(repaired),
      })
    }
    if (changed.length > 0) {
      this.#log.warn('accounts were changed elsewhere, with keys of this operator', {
        names: namesOf(changed),
      })
    }
    if (foreign.length > 0) {
      this.#log.error('the resolver held accounts that a stranger signed', {
        accounts: foreign.join(', '),
      })
    }
  }

  #requireOwn(account: SignedAccount): void {
    // To check a long list of revocations takes as long as to sign it, and this one was just signed.
    const { issuer, jwt, publicKey } = account
    if (issuer !== undefined && this.#operatorKeys.includes(issuer)) return
    if (this.ownClaims(jwt, publicKey) !== undefined) return
    throw new RejectedError({
      code: 'ACCOUNT_FOREIGN_ISSUER',
      message: `The JWT of the account ${account.name} is not one that this mesh's operator signed for it. The server would store it all the same and refuse everybody in that account after its next restart.`,
      advice: 'Nothing was sent. Find out where this JWT came from before you go on.',
      details: { account: account.publicKey },
    })
  }
}

function changedElsewhere(account: RecordedAccount, jwt: string): ConflictError {
  const changes = summaryOf(accountDifferences(account.jwt, jwt))
  return new ConflictError({
    code: 'ACCOUNT_CHANGED_ELSEWHERE',
    message: `Somebody else who holds this operator's keys changed the account ${account.name} on the server: ${changes}. Sending this change would undo that, so nothing was sent or recorded.`,
    advice:
      'Look at Keys, Resolver: take over what is on the server, or put yours back. Then try again.',
    details: { account: account.publicKey, changes },
  })
}

function removedElsewhere(account: RecordedAccount): ConflictError {
  return new ConflictError({
    code: 'ACCOUNT_REMOVED_ELSEWHERE',
    message: `The server does not have the account ${account.name} any more: somebody removed it, or the server lost its files. Nothing was sent or recorded.`,
    advice: 'Look at Keys, Resolver: put the account back if it should be there. Then try again.',
    details: { account: account.publicKey },
  })
}
