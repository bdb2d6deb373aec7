import type {
  AccountDifference,
  AccountVersion,
  ResolverAccount,
  ResolverReport,
  RollbackPlan,
} from '#shared/contract/resolver.ts'
import { RejectedError } from '#shared/errors.ts'
import { accountDifferences, summaryOf } from '../authority/account-diff.ts'
import type { SignedAccount } from '../authority/account-publisher.ts'
import type { AccountVersions } from '../authority/account-versions.ts'
import type { Logger } from '../log/logger.ts'
import type { ClaimsPublisher } from '../mesh/claims-publisher.ts'
import type { AccountHistory } from './account-history.ts'
import { reportOf } from './resolver-report.ts'

/** More versions than anybody scrolls through. */
const MAX_VERSIONS = 200

export type Repair = ResolverAccount['repairs'][number]

/** What the service needs of the authority. */
export interface ResolverAuthority {
  bootstrap(): Promise<{
    readonly systemAccount: SignedAccount
    readonly accounts: readonly SignedAccount[]
  }>
  readonly versions: AccountVersions
  /** Runs work while no account changes. */
  exclusively<T>(work: () => Promise<T>): Promise<T>
  readonly ledger: { entriesOfKey(publicKey: string): readonly { readonly name: string }[] }
}

export interface ResolverServiceOptions {
  readonly publisher: ClaimsPublisher
  readonly authority: ResolverAuthority
  readonly history: AccountHistory
  /** What the mesh in use is called, and whether its accounts are ours. */
  readonly mesh: () => { readonly name: string; readonly ours: boolean }
  readonly log: Logger
  readonly now?: () => Date
}

/** What each server has of our accounts, beside the record; repairs either way; the history of accounts. */
export class ResolverService {
  readonly #options: ResolverServiceOptions
  readonly #now: () => Date

  constructor(options: ResolverServiceOptions) {
    this.#options = options
    this.#now = options.now ?? (() => new Date())
  }

  /**
   * Asks every server what it has of every account.
   * @throws RejectedError `MESH_NOT_OURS`; TransientError of the connection.
   */
  async look(signal: AbortSignal): Promise<ResolverReport> {
    const { authority, mesh } = this.#options
    if (!mesh().ours) throw notOurs()
    // What is pushed and not recorded yet would look like a stranger's account.
    return authority.exclusively(() => this.#look(signal))
  }

  async #look(signal: AbortSignal): Promise<ResolverReport> {
    const { publisher, authority, mesh } = this.#options
    const { name } = mesh()
    const { way, roster } = publisher
    const { systemAccount, accounts } = await authority.bootstrap()
    const recorded = [systemAccount, ...accounts]
    const servers = await roster.servers(signal)
    const known = recorded.map(({ publicKey }) => publicKey)
    const others = (await way.list(signal)).filter((key) => !known.includes(key))
    const held = await way.held([...known, ...others], true, signal)
    return reportOf(
      {
        mesh: name,
        kind: way.kind,
        removes: way.removes,
        servers,
        recorded,
        held,
        lookedAt: this.#now(),
        nameOf: (key) => this.#nameOf(key),
      },
      publisher,
    )
  }

  /**
   * Brings record and servers together for one account, then looks again.
   * @throws what `AccountVersions` throws.
   */
  async repair(publicKey: string, repair: Repair, signal: AbortSignal): Promise<ResolverReport> {
    const { authority, log } = this.#options
    const { versions } = authority
    if (!this.#options.mesh().ours) throw notOurs()
    const readServer = (until: AbortSignal) => this.#ownCopy(publicKey, until)
    switch (repair) {
      case 'push':
        await versions.putBack(publicKey, readServer, signal)
        break
      case 'adopt':
        await versions.adopt(publicKey, readServer, signal)
        break
      case 'delete':
        await versions.removeStray(publicKey, signal)
        break
    }
    log.info('an account was brought in step with the servers', { account: publicKey, repair })
    return this.look(signal)
  }

  /** Versions of an account, the newest first, each with what it changed. */
  versions(account: string): AccountVersion[] {
    const all = this.#options.history.versions(account, MAX_VERSIONS)
    return all.map(({ id, at, bytes, jwt }, index) => {
      const before = all[index + 1]?.jwt
      const summary =
        before === undefined ? 'First version that is kept' : summaryOf(this.#diff(before, jwt))
      return { id, at: at.toISOString(), bytes, current: index === 0, summary }
    })
  }

  /** What differs from one version to another, or from the one before. @throws `VERSION_UNKNOWN`. */
  diff(account: string, from: number | null, to: number): AccountDifference[] {
    const { history } = this.#options
    const after = history.version(account, to)
    const before = from === null ? history.before(account, to) : history.version(account, from)
    return this.#diff(before?.jwt ?? null, after.jwt)
  }

  /** What going back to a version would change, and what stays as it is. */
  planRollback(account: string, version: number): RollbackPlan {
    const { history, authority } = this.#options
    const then = history.version(account, version)
    const [now] = history.versions(account, 1)
    // Throws where this account can't be rolled back at all.
    authority.versions.rolledBack(account, then.jwt)
    const all = this.#diff(now?.jwt ?? null, then.jwt)
    const stays = ({ area }: AccountDifference) => area === 'revocations' || area === 'signing-keys'
    return {
      version,
      differences: all.filter((difference) => !stays(difference)),
      kept: all.filter(stays),
    }
  }

  /** Takes an account back to a version: see `AccountVersions.rollBack`. */
  async rollBack(account: string, version: number, signal: AbortSignal): Promise<AccountVersion[]> {
    const { history, authority } = this.#options
    const { jwt, at } = history.version(account, version)
    await authority.versions.rollBack(account, jwt, at, signal)
    return this.versions(account)
  }

  #diff(before: string | null, after: string): AccountDifference[] {
    return accountDifferences(before, after, (key) => this.#nameOf(key))
  }

  #nameOf(key: string): string | undefined {
    return key === '*' ? 'everybody' : this.#options.authority.ledger.entriesOfKey(key).at(-1)?.name
  }

  /** What the servers have that our operator signed; the latest, should they differ. */
  async #ownCopy(publicKey: string, signal: AbortSignal): Promise<string | undefined> {
    const { publisher } = this.#options
    const [held] = await publisher.way.held([publicKey], false, signal)
    const own = (held?.jwts ?? []).flatMap((jwt) => {
      const claims = publisher.ownClaims(jwt, publicKey)
      return claims === undefined ? [] : [{ jwt, iat: claims.iat }]
    })
    return own.toSorted((left, right) => right.iat - left.iat)[0]?.jwt
  }
}

function notOurs(): RejectedError {
  return new RejectedError({
    code: 'MESH_NOT_OURS',
    message:
      'The accounts of this mesh are not of this profile’s operator, so Muster can not see or change them.',
    advice: 'Switch to the local mesh, or to one that this profile manages.',
  })
}
