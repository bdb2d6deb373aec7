import type { Logger } from '../log/logger.ts'
import type { Clock } from './clock.ts'

const QUIET_MS = 60_000
const MAX_SOURCES = 1000
const MAX_SOURCE_LENGTH = 120

/**
 * Writes down that a message was dropped: one line a source and minute at most, so that a broken
 * or hostile device can't fill the disk. What is remembered is bounded; beyond that, sources
 * share one line a minute.
 */
export class DropLog {
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #quietUntil = new Map<string, number>()
  #sweepAt = 0

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger
    this.#clock = clock
  }

  /** `source` names where it came from (a subject), `why` never repeats the payload. */
  note(source: string, why: string): void {
    const now = this.#clock.monotonicMs()
    if (now >= this.#sweepAt) this.#sweep(now)
    const full = this.#quietUntil.size >= MAX_SOURCES
    const key = full && !this.#quietUntil.has(source) ? 'many sources' : source
    if (now < (this.#quietUntil.get(key) ?? -Infinity)) return
    this.#quietUntil.set(key, now + QUIET_MS)
    this.#logger.warn('message dropped', { source: key.slice(0, MAX_SOURCE_LENGTH), why })
  }

  #sweep(now: number): void {
    this.#sweepAt = now + QUIET_MS
    for (const [source, until] of this.#quietUntil) {
      if (until <= now) this.#quietUntil.delete(source)
    }
  }
}
