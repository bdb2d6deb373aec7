import { setTimeout as delay } from 'node:timers/promises'

/** Waits; rejects with the signal's own reason when it aborts (Node's timer has its own). */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
}
