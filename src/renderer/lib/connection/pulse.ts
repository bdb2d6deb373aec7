import { guardedCall } from './guarded-call.ts'
import type { Transport } from './transport.ts'

const PULSE_INTERVAL_MS = 15_000
/** The answer may stand behind a whole fleet that comes through a slow tunnel. */
const PULSE_DEADLINE_MS = 20_000
/** One miss can be a page that was frozen; two are a dead wire. */
const MISSES_UNTIL_DEAD = 2

/**
 * Asks main for a sign of life now and then and closes the wire when none comes: a tunnel or a
 * laptop's sleep can end a WebSocket without a word, and then every call would run into its
 * deadline. Returns what to call when anything else came over the wire, which is life too.
 */
export function watchPulse(transport: Transport): () => void {
  let misses = 0
  const timer = setInterval(() => {
    guardedCall(transport, ['app', 'info'], undefined, { context: {} }, PULSE_DEADLINE_MS).then(
      () => {
        misses = 0
      },
      () => {
        misses += 1
        if (misses >= MISSES_UNTIL_DEAD) transport.close()
      },
    )
  }, PULSE_INTERVAL_MS)
  transport.gone.addEventListener('abort', () => clearInterval(timer), { once: true })
  return () => {
    misses = 0
  }
}
