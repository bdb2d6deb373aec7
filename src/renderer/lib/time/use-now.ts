import { useCallback, useSyncExternalStore } from 'react'

const TICK_MS = 1_000

// One timer for all times on the screen; it stands still while nobody shows a time.
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    for (const each of listeners) each()
  }, TICK_MS)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** A text made from the current time; renders again only in the seconds in which it changes. */
export function useTimeText(format: (now: number) => string): string {
  const read = useCallback(() => format(Date.now()), [format])
  return useSyncExternalStore(subscribe, read)
}
