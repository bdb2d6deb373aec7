/** What a service offers as a live view: the current state at once, then each change. */
export type Subscribe<Update> = (listener: (update: Update) => void) => () => void

/** Updates that may wait for a slow reader before its view is begun anew from a snapshot. */
const MAX_WAITING_UPDATES = 512

/**
 * A subscription as an async iterator that ends when `signal` aborts. oRPC has no backpressure:
 * when a reader falls behind by more than 512 updates they are dropped and the subscription is
 * taken again, so that the reader gets a fresh snapshot instead of an ever longer queue.
 */
export async function* streamOf<Update>(
  subscribe: Subscribe<Update>,
  signal: AbortSignal,
): AsyncGenerator<Update, void, void> {
  let waiting: Update[] = []
  let wake: () => void = () => undefined
  const listener = (update: Update) => {
    waiting.push(update)
    wake()
  }
  let unsubscribe = subscribe(listener)
  const onAbort = () => wake()
  signal.addEventListener('abort', onAbort)
  try {
    while (!signal.aborted) {
      if (waiting.length > MAX_WAITING_UPDATES) {
        unsubscribe()
        waiting = []
        unsubscribe = subscribe(listener)
      }
      const batch = waiting
      waiting = []
      yield* batch
      if (waiting.length > 0) continue
      await new Promise<void>((resolve) => {
        wake = resolve
        if (waiting.length > 0 || signal.aborted) resolve()
      })
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    unsubscribe()
  }
}
