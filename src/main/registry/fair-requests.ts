/** Work on requests in one turn of the event loop; then heartbeats get theirs. */
const SLICE_MS = 8
const MAX_WAITING = 2000
/** Requests that wait keep the memory that they came in. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024

interface Waiting {
  readonly bytes: number
  run(): void
}

interface Line {
  readonly waiting: Waiting[]
  bytes: number
}

export interface FairRequestsCounters {
  /** Requests that had to wait for their turn. */
  requestsDelayed: number
  /** Requests refused since too many of their tenant waited. */
  requestsRefused: number
}

/**
 * Lets every tenant have its turn. Requests are answered at once while that takes little of a turn
 * of the event loop; what is beyond waits in a line for each tenant, and the lines are served by
 * turns. So a tenant that asks without pause delays itself, and nobody's heartbeats.
 */
export class FairRequests {
  readonly #counters: FairRequestsCounters
  readonly #now: () => number
  readonly #lines = new Map<string, Line>()
  #spentMs = 0
  #isScheduled = false
  #idle: (() => void) | undefined

  /** @param now a clock in milliseconds that only ever grows */
  constructor(counters: FairRequestsCounters, now: () => number = () => performance.now()) {
    this.#counters = counters
    this.#now = now
  }

  /** Requests that wait. */
  get waiting(): number {
    let count = 0
    for (const { waiting } of this.#lines.values()) count += waiting.length
    return count
  }

  /** Runs `run` now or when it is the tenant's turn; `refuse` where too much waits already. */
  offer(tenant: string, bytes: number, run: () => void, refuse: () => void): void {
    if (this.#lines.size === 0 && this.#spentMs < SLICE_MS) {
      this.#spend(run)
      return
    }
    let line = this.#lines.get(tenant)
    if (line === undefined) {
      line = { waiting: [], bytes: 0 }
      this.#lines.set(tenant, line)
    }
    if (line.waiting.length >= MAX_WAITING || line.bytes + bytes > MAX_WAITING_BYTES) {
      this.#counters.requestsRefused += 1
      refuse()
      return
    }
    this.#counters.requestsDelayed += 1
    line.waiting.push({ bytes, run })
    line.bytes += bytes
  }

  /** Resolves once nothing waits any more. */
  async drained(): Promise<void> {
    if (this.#lines.size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#idle = resolve
    await promise
  }

  #spend(run: () => void): void {
    const startedAt = this.#now()
    run()
    this.#spentMs += this.#now() - startedAt
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => this.#nextTurn())
  }

  #nextTurn(): void {
    this.#isScheduled = false
    this.#spentMs = 0
    while (this.#lines.size > 0 && this.#spentMs < SLICE_MS) this.#round()
    if (this.#lines.size > 0) this.#schedule()
    else this.#idle?.()
  }

  /** One request of each tenant, as far as the turn goes; who was not reached is first next time. */
  #round(): void {
    for (const [tenant, line] of this.#lines) {
      if (this.#spentMs >= SLICE_MS) return
      const next = line.waiting.shift()
      this.#lines.delete(tenant)
      if (next === undefined) continue
      line.bytes -= next.bytes
      if (line.waiting.length > 0) this.#lines.set(tenant, line)
      this.#spend(() => next.run())
    }
  }
}
