import type { ServerResponse } from 'node:http'
import type {
  DeliveredFile,
  DeliveryRun,
  Destination,
  DestinationFacts,
  OutgoingFile,
} from '../bundles/deliver/destination.ts'
import { sha256Of } from '../bundles/manifest/sign-manifest.ts'
import { sendOnce } from '../web/send-once.ts'
import { notTaken } from './enrollment-errors.ts'

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
    if (bundle === undefined || this.#response.destroyed) throw notTaken('who asked for it is gone')
    this.#onReady()
    const broken = await sendOnce(this.#response, bundle, run.signal)
    if (broken !== undefined) throw notTaken(broken)
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
