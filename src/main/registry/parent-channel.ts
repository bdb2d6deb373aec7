import type { FromSidecar } from './sidecar-messages.ts'

/** The sidecar's end of the channel to the process that started it. */
export interface ParentChannel {
  send(message: FromSidecar): void
  onMessage(listener: (message: unknown) => void): void
  /** The parent went away. */
  onClose(listener: () => void): void
}

/** What Electron's `utilityProcess` puts on `process`; typed by hand, main does not know Electron. */
interface ParentPort {
  postMessage(message: unknown): void
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): void
  on(event: 'close', listener: () => void): void
}

/**
 * The channel to the parent: Electron's `parentPort`, or that of `child_process.fork`. Undefined
 * where the process was started alone.
 */
export function parentChannel(): ParentChannel | undefined {
  const port = ('parentPort' in process ? process.parentPort : undefined) as
    | ParentPort
    | null
    | undefined
  if (port !== undefined && port !== null) {
    return {
      send: (message) => port.postMessage(message),
      onMessage: (listener) => port.on('message', ({ data }) => listener(data)),
      onClose: (listener) => port.on('close', listener),
    }
  }
  if (process.send === undefined) return undefined
  return {
    send: (message) => {
      // A parent that has just gone is told by `disconnect`, not by each message.
      if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
    },
    onMessage: (listener) => process.on('message', listener),
    onClose: (listener) => process.once('disconnect', listener),
  }
}
