import type { AccountRemoval, SignedAccount } from '../authority/account-publisher.ts'
import type { AccountFolder } from './account-folder.ts'
import { accountsInUse, confirmInUse, heldOrStored, updateInUse } from './accounts-in-use.ts'
import type { WayOptions } from './full-resolver.ts'
import type { HeldAccount, ResolverWay } from './resolver-way.ts'

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
    const storedOf = (publicKey: string) => this.#folder.read(publicKey)
    return heldOrStored(this.#options, accounts, storedOf, signal)
  }

  async push(accounts: readonly SignedAccount[], signal: AbortSignal): Promise<void> {
    // Its keys may have changed since: what they did not sign is not served.
    await this.#folder.writeOperator(await this.#options.operatorJwt())
    for (const { publicKey, jwt } of accounts) await this.#folder.write(publicKey, jwt)
    for (const account of accounts) {
      await updateInUse(this.#options, account, signal)
      await confirmInUse(this.#options, account, signal)
    }
  }

  async withdraw(removal: AccountRemoval): Promise<void> {
    for (const publicKey of removal.publicKeys) await this.#folder.remove(publicKey)
  }
}
