/**
 * Lets `flush` run at most once in `intervalMs`, however often it is asked for: at once after a
 * pause, else at the end of the interval. What happens in between falls together.
 */
export class Pace {
  private readonly intervalMs: number
  private readonly flush: () => void
  private timer: NodeJS.Timeout | undefined
  private lastAt = Number.NEGATIVE_INFINITY

  constructor(intervalMs: number, flush: () => void) {
    this.intervalMs = intervalMs
    this.flush = flush
  }

  /** Asks for a flush; never runs it in the same turn. */
  request(): void {
    if (this.timer !== undefined) return
    const wait = Math.max(0, this.lastAt + this.intervalMs - performance.now())
    this.timer = setTimeout(() => {
      this.timer = undefined
      this.lastAt = performance.now()
      this.flush()
    }, wait)
  }

  /** Calls off a flush that was asked for. */
  close(): void {
    clearTimeout(this.timer)
    this.timer = undefined
  }
}
