import { RPCLink } from '@orpc/client/message-port'
import { TransientError } from '#shared/errors.ts'
import type { OpenTransport, Transport } from './transport.ts'

/** The preload sends this with the port in `event.ports[0]`. */
const PORT_MESSAGE = 'muster:port'
/** The window sends this to the preload when it is ready for a port, or needs another. */
const PORT_WANTED_MESSAGE = 'muster:port-wanted'
const PORT_TIMEOUT_MS = 10_000

/**
 * Takes the MessagePorts that the preload hands over. Listens from the moment it is called,
 * since the first port may come before anybody asks for it.
 */
export function portTransport(page: Window): OpenTransport {
  let waiting: MessagePort | undefined
  let arrived: () => void = () => undefined
  page.addEventListener('message', (event: MessageEvent<unknown>) => {
    // Only the preload and this page itself can send with this window as the source.
    if (event.source !== page || !isPortMessage(event.data)) return
    const port = event.ports[0]
    if (port === undefined) return
    waiting?.close()
    waiting = port
    arrived()
  })
  return async (signal) => {
    if (waiting === undefined) {
      await new Promise<void>((resolve, reject) => {
        arrived = resolve
        const limited = AbortSignal.any([signal, AbortSignal.timeout(PORT_TIMEOUT_MS)])
        limited.addEventListener('abort', () => reject(noPort()), { once: true })
        page.postMessage({ type: PORT_WANTED_MESSAGE }, page.location.origin)
      })
    }
    const port = waiting
    if (port === undefined) throw noPort()
    waiting = undefined
    return overPort(port)
  }
}

function overPort(port: MessagePort): Transport {
  const gone = new AbortController()
  const link = new RPCLink({ port })
  port.addEventListener('close', () => gone.abort())
  port.start()
  return {
    link,
    gone: gone.signal,
    close: () => {
      port.close()
      gone.abort()
    },
  }
}

function isPortMessage(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'type' in data && data.type === PORT_MESSAGE
}

function noPort(): TransientError {
  return new TransientError({
    code: 'PORT_MISSING',
    message: 'The window got no connection to the rest of Muster.',
    advice: 'Close the window and open it again.',
  })
}
