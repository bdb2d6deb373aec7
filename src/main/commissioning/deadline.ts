/** How often the wall clock is looked at: timers stand still while the machine sleeps. */
const LOOK_EVERY_MS = 15_000
/** A look that comes this late means that the machine slept. */
const SLEPT_IF_LATE_BY_MS = 30_000
/** After sleep a device needs a moment to reconnect before it counts as missing. */
const GRACE_AFTER_SLEEP_MS = 60_000

export interface Deadline {
  readonly signal: AbortSignal
  /** Ends the watch without a deadline having passed. */
  cancel(): void
}

/**
 * A signal that aborts with `reason` when the wall clock has passed `at`. If the machine slept
 * over it, devices get a minute to come back first: nobody could connect to a sleeping laptop.
 */
export function deadlineAt(
  at: Date,
  reason: () => Error,
  now: () => number = () => Date.now(),
): Deadline {
  const controller = new AbortController()
  let endsAt = at.getTime()
  let timer: NodeJS.Timeout | undefined
  const arm = () => {
    const left = Math.max(0, endsAt - now())
    const wait = Math.min(left, LOOK_EVERY_MS)
    const expectedAt = now() + wait
    timer = setTimeout(() => {
      const current = now()
      if (current - expectedAt > SLEPT_IF_LATE_BY_MS) {
        endsAt = Math.max(endsAt, current + GRACE_AFTER_SLEEP_MS)
      }
      if (current >= endsAt) controller.abort(reason())
      else arm()
    }, wait)
  }
  arm()
  return { signal: controller.signal, cancel: () => clearTimeout(timer) }
}
