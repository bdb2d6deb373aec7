import type { Keychain } from '../authority/keychain.ts'

/**
 * The keychain as the authority sees it: with identity keys that a recovery kit lends for a while. They
 * are in memory only, and gone when the time is up or the app ends.
 */
export class LentKeys implements Keychain {
  readonly #keychain: Keychain
  readonly #lent = new Map<string, string>()
  #timer: NodeJS.Timeout | undefined
  #until: Date | undefined

  constructor(keychain: Keychain) {
    this.#keychain = keychain
  }

  /** Until when keys are lent; undefined while none are. */
  get until(): Date | undefined {
    return this.#until
  }

  async get(account: string): Promise<string | undefined> {
    return this.#lent.get(account) ?? this.#keychain.get(account)
  }

  set(account: string, secret: string): Promise<void> {
    return this.#keychain.set(account, secret)
  }

  delete(account: string): Promise<unknown> {
    this.#lent.delete(account)
    return this.#keychain.delete(account)
  }

  isLent(account: string): boolean {
    return this.#lent.has(account)
  }

  /** Lends seeds by public key for `durationMs`; replaces those lent before. */
  lend(seeds: ReadonlyMap<string, string>, durationMs: number, onEnd: () => void): void {
    this.end()
    for (const [publicKey, seed] of seeds) this.#lent.set(publicKey, seed)
    this.#until = new Date(Date.now() + durationMs)
    this.#timer = setTimeout(() => {
      this.end()
      onEnd()
    }, durationMs)
    this.#timer.unref()
  }

  /** Gives everything back. */
  end(): void {
    clearTimeout(this.#timer)
    this.#lent.clear()
    this.#until = undefined
  }

  close(): void {
    this.end()
  }
}
