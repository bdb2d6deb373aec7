/** Wrong tries that one address has, and all together, within WINDOW_MS. */
const MAX_WRONG = 10
const MAX_WRONG_IN_ALL = 200
const WINDOW_MS = 60_000
/** Addresses remembered; a flood of made-up ones runs into the limit for all instead. */
const MAX_ADDRESSES = 1_000

/** Slows down who guesses: after ten wrong tries an address waits until its minute is over. */
export class TryLimit {
  readonly #now: () => number
  #wrong = new Map<string, number>()
  #inAll = 0
  #windowFromMs: number

  /** @param now milliseconds that only go forward */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
    this.#windowFromMs = now()
  }

  allows(address: string): boolean {
    this.#turn()
    return this.#inAll < MAX_WRONG_IN_ALL && (this.#wrong.get(address) ?? 0) < MAX_WRONG
  }

  wrong(address: string): void {
    this.#turn()
    this.#inAll += 1
    if (this.#wrong.size >= MAX_ADDRESSES && !this.#wrong.has(address)) return
    this.#wrong.set(address, (this.#wrong.get(address) ?? 0) + 1)
  }

  #turn(): void {
    const now = this.#now()
    if (now - this.#windowFromMs < WINDOW_MS) return
    this.#windowFromMs = now
    this.#wrong = new Map()
    this.#inAll = 0
  }
}
