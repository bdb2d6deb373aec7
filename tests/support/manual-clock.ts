import type { Clock } from '../../src/main/discovery/clock.ts'

/** A clock that stands still until a test moves it. Timers run in order of their time. */
export class ManualClock implements Clock {
  readonly #timers = new Set<{ readonly at: number; readonly callback: () => void }>()
  readonly #epoch = Date.parse('2026-01-01T00:00:00.000Z')
  #now = 0

  now(): number {
    return this.#now
  }

  wallNow(): number {
    return this.#epoch + this.#now
  }

  setTimer(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, delayMs), callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** How many timers wait: zero once everything is closed. */
  get waiting(): number {
    return this.#timers.size
  }

  /** Moves time on by `ms` and runs what falls due on the way, including what that sets. */
  advance(ms: number): void {
    const until = this.#now + ms
    for (let next = this.#nextBefore(until); next; next = this.#nextBefore(until)) {
      this.#now = Math.max(this.#now, next.at)
      this.#timers.delete(next)
      next.callback()
    }
    this.#now = until
  }

  #nextBefore(until: number) {
    const due = [...this.#timers].filter((timer) => timer.at <= until)
    return due.sort((left, right) => left.at - right.at)[0]
  }
}
