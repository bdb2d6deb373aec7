import { STORE_FULL, type StoreHealth } from './shared-store.ts'

/** A store that is away for less may be restarting; nothing is lost by that. */
export const STORE_AWAY_MS = 30_000

/**
 * What `/healthz` tells of the store: not every hiccup, but that it is full, or that it was away or
 * took nothing for longer than a restart of it lasts. Devices are served from memory all the while.
 * @param failingForMs how long nothing could be written; 0 while that works
 * @returns a sentence; undefined while all is well
 */
export function storeTrouble(
  health: StoreHealth | undefined,
  failingForMs: number,
): string | undefined {
  if (health?.problem?.code === STORE_FULL) return health.problem.message
  if (health !== undefined && health.awayForMs >= STORE_AWAY_MS) {
    return health.problem?.message ?? `The store is away for ${seconds(health.awayForMs)} s.`
  }
  if (failingForMs < STORE_AWAY_MS) return undefined
  return `Nothing could be saved for ${seconds(failingForMs)} s. Devices are served from memory, and what changed is saved when the store takes it.`
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 1000)
}
