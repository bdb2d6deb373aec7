import type { Connection } from '../connection/connection.ts'

const FIRST_RETRY_MS = 250
const LONGEST_RETRY_MS = 5_000
/** Longest wait for an animation frame. */
const HIDDEN_FLUSH_MS = 250

export interface FollowOptions<Update> {
  readonly connection: Pick<Connection, 'whenOpen'>
  open(signal: AbortSignal): Promise<AsyncIterable<Update>>
  /** Gets all updates of a frame at once, oldest first. */
  readonly apply: (batch: readonly Update[]) => void
  readonly signal: AbortSignal
  /** Runs `flush` once soon; by default with the next animation frame. */
  readonly schedule?: (flush: () => void) => void
}

/**
 * Reads a stream of main for as long as `signal` lets it: subscribes again after every end of the
 * stream or of the connection, each time beginning with a fresh snapshot. Resolves when `signal`
 * aborts, never rejects.
 */
export async function followStream<Update>(options: FollowOptions<Update>): Promise<void> {
  const { connection, signal } = options
  let retryMs = FIRST_RETRY_MS
  while (!signal.aborted) {
    try {
      await connection.whenOpen(signal)
      await readStream(options, () => {
        retryMs = FIRST_RETRY_MS
      })
    } catch {
      // The banner tells of a lost connection; a stream that fails alone is taken up again.
    }
    if (signal.aborted) return
    await pause(retryMs, signal)
    retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)
  }
}

async function readStream<Update>(
  options: FollowOptions<Update>,
  onUpdate: () => void,
): Promise<void> {
  const { signal, apply, schedule = onNextFrame } = options
  let waiting: Update[] = []
  const flush = () => {
    const batch = waiting
    waiting = []
    if (!signal.aborted && batch.length > 0) apply(batch)
  }
  const stream = await options.open(signal)
  for await (const update of stream) {
    if (signal.aborted) return
    onUpdate()
    waiting.push(update)
    if (waiting.length === 1) schedule(flush)
  }
}

// Whichever comes first: a page that is hidden gets no frames, and nothing may pile up meanwhile.
function onNextFrame(flush: () => void): void {
  const frame = requestAnimationFrame(() => {
    clearTimeout(timer)
    flush()
  })
  const timer = setTimeout(() => {
    cancelAnimationFrame(frame)
    flush()
  }, HIDDEN_FLUSH_MS)
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds)
    function done() {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done, { once: true })
  })
}
