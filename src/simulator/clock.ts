/** Time as the simulator sees it, so that a test can move an hour in no time. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Runs `task` once after `delayMs`; the returned function calls it off. */
  after(delayMs: number, task: () => void): () => void
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs)
    return () => clearTimeout(timer)
  },
}

/** A clock that stands still until `advance` moves it. */
export class ManualClock implements Clock {
  #now: number
  readonly #timers = new Set<{ readonly due: number; readonly task: () => void }>()

  constructor(startMs = Date.UTC(2030, 0, 1)) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { due: this.#now + Math.max(0, delayMs), task }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** Moves time on and runs what falls due on the way, in order. */
  advance(byMs: number): void {
    const target = this.#now + byMs
    for (;;) {
      const next = [...this.#timers]
        .filter(({ due }) => due <= target)
        .reduce<{ due: number; task: () => void } | undefined>(
          (first, timer) => (first === undefined || timer.due < first.due ? timer : first),
          undefined,
        )
      if (next === undefined) break
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.due)
      next.task()
    }
    this.#now = target
  }
}

/** Runs `task` every `intervalMs` until the signal aborts. */
export function every(
  clock: Clock,
  intervalMs: number,
  signal: AbortSignal,
  task: () => void,
): void {
  if (signal.aborted) return
  let cancel = () => undefined as void
  const schedule = () => {
    cancel = clock.after(intervalMs, () => {
      schedule()
      task()
    })
  }
  schedule()
  signal.addEventListener('abort', () => cancel(), { once: true })
}

/** Resolves after `delayMs`, or at once when the signal aborts; never rejects. */
export function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted || delayMs <= 0) return Promise.resolve()
  return new Promise((resolve) => {
    const finish = () => {
      cancel()
      signal.removeEventListener('abort', finish)
      resolve()
    }
    const cancel = clock.after(delayMs, finish)
    signal.addEventListener('abort', finish, { once: true })
  })
}
