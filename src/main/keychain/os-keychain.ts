import { randomBytes } from 'node:crypto'
import { MusterError } from '#shared/errors.ts'
import { kernelKeyringOnly, keychainChanged, writeUnconfirmed } from './errors.ts'
import { checkAccount, checkSecret, type Keychain } from './keychain.ts'
import { OsStore, type OsStoreOptions } from './os-store.ts'

/** So long after an answer the keychain counts as reachable without another look. */
const REACHABLE_FRESH_MS = 5_000

export interface OsKeychainOptions extends OsStoreOptions {
  /** `muster`, or with the suffix of a profile. */
  readonly service: string
  readonly platform?: NodeJS.Platform
}

/**
 * The keychain of the operating system: Secret Service, macOS Keychain, Windows Credential Manager.
 *
 * A keychain that answers "no such entry" may be another one than last time, or an empty
 * collection. So a profile leaves a **canary** in the keychain it was made with: an entry whose
 * account and value are an id known to the profile. An empty answer counts only where the canary
 * is there. The canary has a service of its own, `<service>.canary.<id>`, because on Linux it can
 * then be listed alone, which unlike reading never prompts.
 */
export class OsKeychain implements Keychain {
  readonly backend = 'os'
  readonly service: string
  readonly #platform: NodeJS.Platform
  readonly #store: OsStore
  #canary: string | undefined
  #reachableAt = -Infinity

  constructor(options: OsKeychainOptions) {
    this.service = options.service
    this.#platform = options.platform ?? process.platform
    this.#store = new OsStore(options)
  }

  /** Whether `verify` without prompt really never prompts: only Linux lets one look so. */
  get looksSilently(): boolean {
    return this.#platform === 'linux'
  }

  /** True while a native call hangs, for example on a prompt: the process can't exit cleanly then. */
  get busy(): boolean {
    return this.#store.busy
  }

  /**
   * First run: proves that the keychain keeps what it is given and that it is not the kernel's
   * keyring, and leaves the canary. May prompt.
   * @returns the canary's id, for the profile to remember.
   * @throws MusterError `KEYCHAIN_LOCKED`, `_DENIED`, `_UNAVAILABLE`, `_NO_COLLECTION`,
   * `_TIMEOUT`, `_KERNEL_ONLY`, `_FAILED`.
   */
  async establish(): Promise<string> {
    // On Linux listing comes first: it fails off the main thread where no service answers, while
    // making an entry connects on it, for up to 2 s.
    const canary = randomBytes(16).toString('hex')
    if (this.#platform === 'linux') await this.#store.list(this.#canaryService(canary))
    await this.#prove(canary)
    this.#canary = canary
    return canary
  }

  /**
   * Later runs: looks for the canary of the profile.
   * @param prompt whether the system may ask the person to unlock; without, a locked keychain
   * is `KEYCHAIN_LOCKED` on Linux (macOS and Windows have no way to ask without prompting).
   * @throws MusterError as `establish`, and ConflictError `KEYCHAIN_CHANGED` where the keychain
   * works but the canary is not in it.
   */
  async verify(canary: string, options: { readonly prompt: boolean }): Promise<void> {
    if (await this.#findCanary(canary, options.prompt)) {
      this.#canary = canary
      this.#reachableAt = performance.now()
      return
    }
    // Absent, so far as this keychain says. Only one that can be written to may say so.
    const probe = `probe-${randomBytes(16).toString('hex')}`
    await this.#prove(probe)
    await this.#store.remove(this.#canaryService(probe), probe)
    throw keychainChanged('canary-missing')
  }

  async get(account: string): Promise<string | undefined> {
    checkAccount(account)
    await this.#reach()
    const secret = await this.#store.read(this.service, account)
    if (secret === undefined) await this.#confirm()
    else this.#reachableAt = performance.now()
    return secret
  }

  async set(account: string, secret: string): Promise<void> {
    checkAccount(account)
    checkSecret(secret, this.#platform)
    await this.#confirm()
    await this.#store.write(this.service, account, secret)
    if ((await this.#store.read(this.service, account)) !== secret) throw writeUnconfirmed()
  }

  async delete(account: string): Promise<boolean> {
    checkAccount(account)
    await this.#reach()
    const deleted = await this.#store.remove(this.service, account)
    if (!deleted) await this.#confirm()
    return deleted
  }

  async accounts(): Promise<readonly string[]> {
    await this.#confirm()
    return this.#store.list(this.service)
  }

  async close(): Promise<void> {
    this.#store.close()
  }

  async #reach(): Promise<void> {
    if (performance.now() - this.#reachableAt > REACHABLE_FRESH_MS) await this.#confirm()
  }

  async #confirm(): Promise<void> {
    if (this.#canary === undefined) throw keychainChanged('canary-missing')
    this.#reachableAt = -Infinity
    await this.verify(this.#canary, { prompt: false })
  }

  async #findCanary(canary: string, prompt: boolean): Promise<boolean> {
    if (this.#platform === 'linux') {
      try {
        const listed = await this.#store.list(this.#canaryService(canary))
        return listed.includes(canary)
      } catch (error) {
        const locked = error instanceof MusterError && error.code === 'KEYCHAIN_LOCKED'
        if (!locked || !prompt) throw error
      }
    }
    return (await this.#store.read(this.#canaryService(canary), canary)) === canary
  }

  /** Writes an entry, reads it back, and on Linux sees that the Secret Service is what holds it. */
  async #prove(id: string): Promise<void> {
    const service = this.#canaryService(id)
    await this.#store.write(service, id, id)
    if ((await this.#store.read(service, id)) !== id) throw writeUnconfirmed()
    if (this.#platform !== 'linux') return
    const listed = await this.#store.list(service)
    if (listed.includes(id)) return
    await this.#store.remove(service, id)
    throw kernelKeyringOnly()
  }

  #canaryService(id: string): string {
    return `${this.service}.canary.${id}`
  }
}
