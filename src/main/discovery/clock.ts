/** Time as discovery sees it, so that tests can move it. */
export interface Clock {
  /** Monotonic milliseconds, for lifetimes and schedules. */
  now(): number
  /** Milliseconds since the epoch, for what people read. */
  wallNow(): number
  /** Runs `callback` once after `delayMs`; the returned function cancels it. */
  setTimer(delayMs: number, callback: () => void): () => void
}

/** The process's own clock. Its timers do not keep the process alive. */
export function systemClock(): Clock {
  return {
    now: () => performance.now(),
    wallNow: () => Date.now(),
    setTimer: (delayMs, callback) => {
      // Node's timers may fire a little early by the monotonic clock, which would find nothing due.
      const timer = setTimeout(callback, Math.max(0, Math.ceil(delayMs)) + 1)
      timer.unref()
      return () => clearTimeout(timer)
    },
  }
}
