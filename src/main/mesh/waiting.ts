import { setTimeout as delay } from 'node:timers/promises'

/** Longest delay that a timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Waits without keeping the process alive; ends early, without a throw, on abort. */
export async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  const boundedMs = Math.min(Math.max(delayMs, 0), MAX_TIMER_MS)
  await delay(boundedMs, undefined, { signal, ref: false }).catch(() => undefined)
}

/** Delays that double from `firstMs` to `lastMs`. */
export class Backoff {
  readonly #firstMs: number
  readonly #lastMs: number
  #nextMs: number

  constructor(firstMs: number, lastMs: number) {
    this.#firstMs = firstMs
    this.#lastMs = lastMs
    this.#nextMs = firstMs
  }

  nextMs(): number {
    const delayMs = this.#nextMs
    this.#nextMs = Math.min(delayMs * 2, this.#lastMs)
    return delayMs
  }

  reset(): void {
    this.#nextMs = this.#firstMs
  }
}
