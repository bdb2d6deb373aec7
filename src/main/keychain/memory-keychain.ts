import { keychainClosed, memoryRefused } from './errors.ts'
import { checkAccount, checkSecret, type Keychain } from './keychain.ts'

/** Secrets that end with the process: for the demo and for tests, never in an installed Muster. */
export class MemoryKeychain implements Keychain {
  readonly backend = 'memory'
  #entries: Map<string, string> | undefined = new Map()

  /** @throws RejectedError `KEYCHAIN_MEMORY_REFUSED` where the app is packaged. */
  constructor(options: { readonly packaged: boolean }) {
    if (options.packaged) throw memoryRefused()
  }

  async get(account: string): Promise<string | undefined> {
    checkAccount(account)
    return this.#open().get(account)
  }

  async set(account: string, secret: string): Promise<void> {
    checkAccount(account)
    checkSecret(secret)
    this.#open().set(account, secret)
  }

  async delete(account: string): Promise<boolean> {
    checkAccount(account)
    return this.#open().delete(account)
  }

  async accounts(): Promise<readonly string[]> {
    return [...this.#open().keys()]
  }

  async close(): Promise<void> {
    this.#entries = undefined
  }

  #open(): Map<string, string> {
    if (this.#entries === undefined) throw keychainClosed()
    return this.#entries
  }
}
