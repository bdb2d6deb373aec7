import type { AccountRemoval, SignedAccount } from '../authority/account-publisher.ts'
import type { AccountFolder } from './account-folder.ts'
import { accountsInUse, confirmInUse, inUse } from './accounts-in-use.ts'
import type { WayOptions } from './full-resolver.ts'
import { inParallel } from './in-parallel.ts'
import {
  requireTaken,
  type HeldAccount,
  type HeldByServer,
  type ResolverWay,
} from './resolver-way.ts'

const PARALLEL = 16

export interface UrlResolverOptions extends WayOptions {
  /** Served by the registry process. */
  readonly folder: AccountFolder
  readonly operatorJwt: () => Promise<string>
}

/**
 * The URL resolver: servers fetch an account when somebody first logs in to it, and keep it. So the
 * folder that is served is written first, then whoever has the account in use is told.
 */
export class UrlResolver implements ResolverWay {
  readonly kind = 'url'
  /** A server that fetched an account keeps it until it restarts. */
  readonly removes = false
  readonly #options: UrlResolverOptions
  readonly #folder: AccountFolder

  constructor(options: UrlResolverOptions) {
    this.#options = options
    this.#folder = options.folder
  }

  async list(signal: AbortSignal): Promise<readonly string[]> {
    const served = await this.#folder.list()
    return [...new Set([...served, ...(await accountsInUse(this.#options, signal))])]
  }

  async held(
    accounts: readonly string[],
    _thorough: boolean,
    signal: AbortSignal,
  ): Promise<readonly HeldAccount[]> {
    const servers = await this.#options.roster.servers(signal)
    return inParallel(accounts, PARALLEL, async (publicKey) => {
      const told = await inUse(this.#options, publicKey, signal)
      const served = await this.#folder.read(publicKey)
      const jwts = new Set([...told.values(), served ?? ''].filter((jwt) => jwt !== ''))
      return {
        publicKey,
        jwts: [...jwts],
        servers: servers.map((server): HeldByServer => {
          const jwt = told.get(server.id) ?? ''
          if (jwt !== '') return { server, state: 'loaded', jwt }
          return served === undefined
            ? { server, state: 'missing' }
            : { server, state: 'stored', jwt: served }
        }),
      }
    })
  }

  async push(accounts: readonly SignedAccount[], signal: AbortSignal): Promise<void> {
    // Its keys may have changed since: what they did not sign is not served.
    await this.#folder.writeOperator(await this.#options.operatorJwt())
    for (const { publicKey, jwt } of accounts) await this.#folder.write(publicKey, jwt)
    for (const account of accounts) await this.#update(account, signal)
  }

  async withdraw(removal: AccountRemoval): Promise<void> {
    for (const publicKey of removal.publicKeys) await this.#folder.remove(publicKey)
  }

  async #update(account: SignedAccount, signal: AbortSignal): Promise<void> {
    const { link, roster } = this.#options
    const { length } = await roster.servers(signal)
    const answers = await link.gather(
      `$SYS.REQ.ACCOUNT.${account.publicKey}.CLAIMS.UPDATE`,
      account.jwt,
      (all) => all.length >= length,
      signal,
    )
    requireTaken(answers, `the account ${account.name}`)
    await confirmInUse(this.#options, account, signal)
  }
}
