import type { AsyncEntry, Credential, EntryOptions } from '@napi-rs/keyring'
import { MusterError } from '#shared/errors.ts'
import { keychainClosed, osTimeout, osUnavailable } from './errors.ts'
import { OneAtATime } from './one-at-a-time.ts'
import { osError } from './os-errors.ts'

/** A call that may make the system ask the person for a password; they may be on a ladder. */
const KEYCHAIN_PROMPT_TIMEOUT_MS = 120_000

/** A call that never prompts. The bus may have to start the service first, which takes seconds. */
const KEYCHAIN_TIMEOUT_MS = 10_000

/** Each entry is a connection to the session bus that stays until garbage collection. */
const ENTRIES_KEPT = 32

/** The part of `@napi-rs/keyring` that Muster uses. */
export interface KeyringBinding {
  readonly AsyncEntry: new (
    service: string,
    account: string,
    options?: EntryOptions,
  ) => Pick<AsyncEntry, 'getPassword' | 'setPassword' | 'deletePassword'>
  readonly findCredentialsAsync: (service: string) => Promise<Credential[]>
}

type Entry = InstanceType<KeyringBinding['AsyncEntry']>

export interface OsStoreOptions {
  readonly promptTimeoutMs?: number
  readonly timeoutMs?: number
  /** Loads the native binding; a platform without a prebuilt one makes this reject. */
  readonly loadBinding?: () => Promise<KeyringBinding>
}

/**
 * The calls of the OS keychain, one at a time, each with a deadline and typed errors.
 *
 * On Linux every entry is pinned to the Secret Service. Unpinned, the binding falls back silently
 * to the kernel keyring, and an absent bus then reads as "no such key". Errors that tell of no key
 * are the binding's null and false; everything else throws.
 */
export class OsStore {
  readonly #promptTimeoutMs: number
  readonly #timeoutMs: number
  readonly #loadBinding: () => Promise<KeyringBinding>
  readonly #calls = new OneAtATime()
  readonly #closing = new AbortController()
  readonly #entries = new Map<string, Entry>()

  constructor(options: OsStoreOptions = {}) {
    this.#promptTimeoutMs = options.promptTimeoutMs ?? KEYCHAIN_PROMPT_TIMEOUT_MS
    this.#timeoutMs = options.timeoutMs ?? KEYCHAIN_TIMEOUT_MS
    this.#loadBinding = options.loadBinding ?? (() => import('@napi-rs/keyring'))
  }

  /** True while a native call hangs, for example on a prompt: the process can't exit cleanly then. */
  get busy(): boolean {
    return this.#calls.busy
  }

  async read(service: string, account: string): Promise<string | undefined> {
    return (await this.#withEntry(service, account, (entry) => entry.getPassword())) ?? undefined
  }

  async write(service: string, account: string, secret: string): Promise<void> {
    await this.#withEntry(service, account, (entry) => entry.setPassword(secret))
  }

  async remove(service: string, account: string): Promise<boolean> {
    return this.#withEntry(service, account, (entry) => entry.deletePassword())
  }

  /**
   * The accounts of a service. On Linux this asks the Secret Service and nothing else, never
   * prompts (a locked item is the error `KEYCHAIN_LOCKED`) and connects off the main thread.
   * The binding decrypts the secrets too; they are dropped here.
   */
  async list(service: string): Promise<readonly string[]> {
    const found = await this.#call(
      (binding) => binding.findCredentialsAsync(service),
      this.#timeoutMs,
    )
    return found.map((credential) => credential.account)
  }

  /** Ends all waiting with `KEYCHAIN_CLOSED`; a native call under way can't be interrupted. */
  close(): void {
    this.#closing.abort(keychainClosed())
    this.#entries.clear()
  }

  async #withEntry<T>(
    service: string,
    account: string,
    use: (entry: Entry) => Promise<T>,
  ): Promise<T> {
    return this.#call(async (binding) => {
      const key = `${service}\n${account}`
      const kept = this.#entries.get(key)
      this.#entries.delete(key)
      if (kept !== undefined) {
        try {
          return this.#keep(key, kept, await use(kept))
        } catch (error) {
          // The service may have been restarted since: then the entry's session is unknown to it.
          if (osError(error).code !== 'KEYCHAIN_UNAVAILABLE') throw error
        }
      }
      const entry = new binding.AsyncEntry(service, account, { linux: { store: 'secret-service' } })
      return this.#keep(key, entry, await use(entry))
    }, this.#promptTimeoutMs)
  }

  #keep<T>(key: string, entry: Entry, result: T): T {
    this.#entries.set(key, entry)
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > ENTRIES_KEPT && oldest !== undefined) this.#entries.delete(oldest)
    return result
  }

  async #call<T>(use: (binding: KeyringBinding) => Promise<T>, timeoutMs: number): Promise<T> {
    try {
      return await this.#calls.run(async () => use(await this.#binding()), {
        timeoutMs,
        timeoutError: () => osTimeout(timeoutMs),
        signal: this.#closing.signal,
      })
    } catch (error) {
      throw error instanceof MusterError ? error : osError(error)
    }
  }

  async #binding(): Promise<KeyringBinding> {
    try {
      return await this.#loadBinding()
    } catch (error) {
      throw osUnavailable(error)
    }
  }
}
