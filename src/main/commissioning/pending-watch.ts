import { toMusterError } from '#shared/errors.ts'
import type { Logger } from '../log/logger.ts'
import { pause } from '../steps/pause.ts'
import { waitForArrival, type ArrivalWitnesses } from './arrival.ts'
import type { CredentialIssuer, PendingCredential } from './collaborators.ts'
import { appEnds, didNotConnect } from './commissioning-errors.ts'
import { deadlineAt } from './deadline.ts'

const FIRST_RETRY_MS = 2_000
const LAST_RETRY_MS = 5 * 60_000

export interface PendingWatchOptions extends ArrivalWitnesses {
  readonly issuer: CredentialIssuer
  readonly log: Logger
  readonly now: () => Date
  readonly firstRetryMs?: number
}

/**
 * Credentials that no running job looks after: left by an earlier run of the app, or by a job
 * whose withdrawal failed. Each is confirmed when its device arrives and withdrawn when its
 * deadline passes, with retries for as long as the app runs; then the next run goes on.
 */
export class PendingWatch {
  private readonly options: PendingWatchOptions
  private readonly ended = new AbortController()
  private readonly watched = new Map<string, Promise<void>>()

  constructor(options: PendingWatchOptions) {
    this.options = options
  }

  /** Waits for the device until the deadline of its credential. */
  watch(credential: PendingCredential): void {
    this.lookAfter(credential, () => this.awaitDevice(credential))
  }

  /** Withdraws a credential, however often that has to be tried. */
  withdraw(credential: PendingCredential): void {
    this.lookAfter(credential, () => this.withdrawAtLast(credential))
  }

  has(id: string): boolean {
    return this.watched.has(id)
  }

  /** Lets go of all of them; they stay pending in the ledger. */
  async close(): Promise<void> {
    this.ended.abort(appEnds())
    await Promise.all(this.watched.values())
  }

  private lookAfter(credential: PendingCredential, work: () => Promise<void>): void {
    if (this.watched.has(credential.id) || this.ended.signal.aborted) return
    const done = work()
      .catch((error: unknown) => {
        if (this.ended.signal.aborted) return
        this.options.log.error('A pending credential is no longer watched', {
          ...factsOf(credential),
          error: toMusterError(error),
        })
      })
      .finally(() => this.watched.delete(credential.id))
    this.watched.set(credential.id, done)
  }

  private async awaitDevice(credential: PendingCredential): Promise<void> {
    const { issuer, log, now } = this.options
    const deadline = deadlineAt(
      credential.pendingUntil,
      () => didNotConnect(credential.pendingUntil, []),
      () => now().getTime(),
    )
    try {
      const either = AbortSignal.any([this.ended.signal, deadline.signal])
      await waitForArrival(credential, this.options, either)
      await issuer.confirm(credential.id)
      log.info('A device that was awaited since an earlier run is online', factsOf(credential))
    } catch (error) {
      if (!deadline.signal.aborted || this.ended.signal.aborted) throw error
      await this.withdrawAtLast(credential)
    } finally {
      deadline.cancel()
    }
  }

  private async withdrawAtLast(credential: PendingCredential): Promise<void> {
    const { issuer, log } = this.options
    let waitMs = this.options.firstRetryMs ?? FIRST_RETRY_MS
    while (!this.ended.signal.aborted) {
      try {
        await issuer.withdraw(credential.id)
        log.info('A credential whose device did not connect was withdrawn', factsOf(credential))
        return
      } catch (error) {
        log.warn('A credential could not be withdrawn yet', {
          ...factsOf(credential),
          retryInMs: waitMs,
          error: toMusterError(error),
        })
        await pause(waitMs, this.ended.signal)
        waitMs = Math.min(waitMs * 2, LAST_RETRY_MS)
      }
    }
  }
}

function factsOf({ tenant, deviceId, publicKey }: PendingCredential) {
  return { tenant, deviceId, publicKey }
}
