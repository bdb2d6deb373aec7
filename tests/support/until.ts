import { setTimeout as pause } from 'node:timers/promises'

/**
 * Waits until `condition` holds, looking every 20 ms; for states that announce themselves by no
 * event. Fails after `withinMs` with what was waited for.
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 60_000,
) {
  const deadline = performance.now() + withinMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Waited ${withinMs} ms in vain for: ${what}`)
    await pause(20)
  }
}
