import type { ServerResponse } from 'node:http'

/** Whoever takes a small package slower than this holds one up who waits behind. */
const SEND_TIMEOUT_MS = 60_000

/**
 * Sends a file as the answer to a request, and tells why the other side did not take it; undefined where it has
 * all of it. That the last byte was handed to the system says little of a small file, which it holds either
 * way; that the other side then closed the connection without an error does.
 * @throws what the signal was aborted with.
 */
export async function sendOnce(
  response: ServerResponse,
  { name, content }: { readonly name: string; readonly content: Uint8Array },
  signal: AbortSignal,
): Promise<string | undefined> {
  if (response.destroyed) return 'who asked for it is gone'
  const late = AbortSignal.any([signal, AbortSignal.timeout(SEND_TIMEOUT_MS)])
  const taken = takenBy(response, late)
  response.writeHead(200, {
    'content-type': mediaTypeOf(name),
    'content-length': content.length,
    'content-disposition': `attachment; filename="${name}"`,
  })
  response.end(content)
  if (await taken) return undefined
  signal.throwIfAborted()
  return late.aborted ? 'it was not taken within a minute' : 'the connection broke'
}

function mediaTypeOf(name: string): string {
  if (name.endsWith('.zip')) return 'application/zip'
  return name.endsWith('.gz') ? 'application/gzip' : 'application/octet-stream'
}

function takenBy(response: ServerResponse, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const stop = () => response.destroy()
    signal.addEventListener('abort', stop)
    const { socket } = response
    if (socket === null) {
      resolve(false)
      return
    }
    socket.once('close', (hadError: boolean) => {
      signal.removeEventListener('abort', stop)
      resolve(!hadError && response.writableFinished && !signal.aborted)
    })
  })
}
