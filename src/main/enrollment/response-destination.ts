import type { ServerResponse } from 'node:http'
import type {
  DeliveredFile,
  DeliveryRun,
  Destination,
  DestinationFacts,
  OutgoingFile,
} from '../bundles/deliver/destination.ts'
import { sha256Of } from '../bundles/manifest/sign-manifest.ts'
import { notTaken } from './enrollment-errors.ts'

/** Whoever takes a small package slower than this holds one up who waits behind. */
const SEND_TIMEOUT_MS = 60_000

/** The answer to a request: a bundle goes out by it once. */
export class ResponseDestination implements Destination {
  readonly facts: DestinationFacts
  readonly #response: ServerResponse
  readonly #onReady: () => void

  /** @param onReady called when the package is made and about to go out */
  constructor(response: ServerResponse, address: string, onReady: () => void) {
    this.#response = response
    this.#onReady = onReady
    this.facts = {
      kind: 'network',
      label: address,
      path: null,
      serial: null,
      fileSystem: null,
      syncedBy: null,
    }
  }

  async check(): Promise<void> {
    // Nothing to run out of: a package is made in memory and sent from there.
  }

  /** @throws TransientError `ENROLLMENT_NOT_TAKEN`. */
  async deliver(files: readonly OutgoingFile[], run: DeliveryRun): Promise<DeliveredFile[]> {
    const [bundle] = files
    const response = this.#response
    if (bundle === undefined || response.destroyed) throw notTaken('who asked for it is gone')
    this.#onReady()
    const late = AbortSignal.any([run.signal, AbortSignal.timeout(SEND_TIMEOUT_MS)])
    const taken = takenBy(response, late)
    response.writeHead(200, {
      'content-type': bundle.name.endsWith('.zip') ? 'application/zip' : 'application/gzip',
      'content-length': bundle.content.length,
      'content-disposition': `attachment; filename="${bundle.name}"`,
    })
    response.end(bundle.content)
    if (!(await taken)) {
      run.signal.throwIfAborted()
      throw notTaken(late.aborted ? 'it was not taken within a minute' : 'the connection broke')
    }
    const { name, content } = bundle
    return [{ name, path: null, bytes: content.length, sha256: sha256Of(content) }]
  }

  async takeBack(): Promise<void> {
    // What was sent can't be fetched back; its credential is revoked by the bundle's procedure.
  }

  async close(): Promise<void> {
    this.#response.end()
  }
}

/**
 * Whether the other side took all of it. That the last byte was handed to the system says little of a small
 * package; that the other side then closed the connection without an error does.
 */
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
