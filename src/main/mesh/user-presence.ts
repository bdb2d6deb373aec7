import type { SystemLink } from './system-link.ts'
import { pause } from './waiting.ts'

/** In case an event was lost with a connection. */
const LOOK_AGAIN_MS = 5_000

/**
 * Resolves once a client that authenticated with `user` (U…) is connected in `account` (A…), also
 * when it is already: the proof that a fresh device holds the key that its credential was issued
 * for. Waits on while there is no connection.
 * @throws the abort reason.
 */
export async function untilUserConnects(
  link: SystemLink,
  account: string,
  user: string,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    const phase = link.state.phase
    const wake = new AbortController()
    const stopState = link.subscribe(() => {
      if (link.state.phase !== phase) wake.abort()
    })
    let seen = false
    const onConnect = (connected: string) => {
      if (connected !== user) return
      seen = true
      wake.abort()
    }
    // Events first, then the look, so that nobody slips through in between.
    const stopEvents = await link.onUserConnect(account, onConnect, signal).catch(() => undefined)
    try {
      if (await link.isUserConnected(account, user, signal).catch(() => false)) return
      await pause(LOOK_AGAIN_MS, AbortSignal.any([signal, wake.signal]))
      if (seen) return
    } finally {
      stopState()
      stopEvents?.()
    }
  }
}
