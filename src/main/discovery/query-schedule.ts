/** The first question waits a random part of this, so that many hosts don't ask at once (5.2). */
const FIRST_DELAY_MIN_MS = 20
const FIRST_DELAY_SPAN_MS = 100
const FIRST_INTERVAL_MS = 1000
const LONGEST_INTERVAL_MS = 60 * 60 * 1000

/** A random 20 to 120 ms (RFC 6762, section 5.2). */
export function firstDelayMs(random: () => number): number {
  return FIRST_DELAY_MIN_MS + random() * FIRST_DELAY_SPAN_MS
}

/** Milliseconds to wait after the question number `asked` (1 is the first): 1 s, 2 s … 60 min. */
export function intervalAfterMs(asked: number): number {
  return Math.min(FIRST_INTERVAL_MS * 2 ** (asked - 1), LONGEST_INTERVAL_MS)
}

/** When a question is to be asked, again and again (RFC 6762, section 5.2). */
export class QuerySchedule {
  #asked = 0
  #nextAt = Number.POSITIVE_INFINITY

  /** Begins anew with a question at `at`. */
  begin(at: number): void {
    this.#asked = 0
    this.#nextAt = at
  }

  /** Whether the question is due; if so, it counts as asked. */
  take(now: number): boolean {
    if (this.#nextAt > now) return false
    this.#asked++
    this.#nextAt = now + intervalAfterMs(this.#asked)
    return true
  }

  get nextAt(): number {
    return this.#nextAt
  }
}
