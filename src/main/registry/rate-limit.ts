/** How often something may happen: steadily, and at once after a pause. */
export interface RateLimit {
  readonly perSecond: number
  readonly burst: number
}

/** Times are sums of fractions. */
const ROUNDING_MS = 0.001

/**
 * A token bucket in one number, so that 100,000 devices can each have one: the moment up to which
 * what happened is paid for.
 * @param paidUntilMs what the last call returned; 0 at first
 * @returns the number to keep, or -1 where the limit is reached
 */
export function payFor(paidUntilMs: number, nowMs: number, limit: RateLimit): number {
  const everyMs = 1000 / limit.perSecond
  const paid = Math.max(paidUntilMs, nowMs) + everyMs
  return paid - nowMs > everyMs * limit.burst + ROUNDING_MS ? -1 : paid
}
