import { RPCLink } from '@orpc/client/websocket'
import { TransientError } from '#shared/errors.ts'
import type { OpenTransport, Transport } from './transport.ts'
import { ensureSession } from './session.ts'
import { watchPulse } from './pulse.ts'

const OPEN_TIMEOUT_MS = 10_000

/**
 * Opens the browser host's wire: a session first (by the one-time token, once), then a WebSocket
 * to the host that served this page.
 */
export function webSocketTransport(firstToken: string | null): OpenTransport {
  let token = firstToken
  return async (signal) => {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(OPEN_TIMEOUT_MS)])
    await ensureSession(token, limited)
    token = null
    const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
    return openWebSocket(`${scheme}//${location.host}/rpc`, limited)
  }
}

async function openWebSocket(url: string, signal: AbortSignal): Promise<Transport> {
  const socket = new WebSocket(url)
  const gone = new AbortController()
  const link = new RPCLink({ websocket: socket })
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true })
    socket.addEventListener('close', () => reject(notOpened()), { once: true })
    signal.addEventListener('abort', () => reject(notOpened()), { once: true })
  }).catch((error: unknown) => {
    socket.close()
    throw error
  })
  const close = () => {
    socket.close()
    // The close event of a dead network can take minutes; the wire is of no use from now on.
    gone.abort()
  }
  socket.addEventListener('close', () => gone.abort())
  const transport = { link, gone: gone.signal, close }
  socket.addEventListener('message', watchPulse(transport))
  return transport
}

function notOpened(): TransientError {
  return new TransientError({
    code: 'HOST_UNREACHABLE',
    message: 'Muster does not answer at this address.',
    advice: 'Check that Muster still runs, and the tunnel where there is one.',
  })
}
