import type {
  CommissioningJob,
  CommissioningRequest,
  DeviceInspection,
} from '#shared/contract/commissioning.ts'
import { toMusterError, type MusterError } from '#shared/errors.ts'
import { normalizePin } from '#shared/protocol/pin.ts'
import { fingerprintOf } from '../authority/fingerprint.ts'
import { cleanText } from '#shared/protocol/device-text.ts'
import type { Logger } from '../log/logger.ts'
import { runSteps } from '../steps/run-steps.ts'
import type {
  CommissioningSettings,
  CredentialIssuer,
  DeviceDirectory,
  DeviceEndpoint,
  FleetPresence,
  PresenceProof,
} from './collaborators.ts'
import {
  alreadyRunning,
  appEnds,
  cancelled,
  cancelledAfterDelivery,
} from './commissioning-errors.ts'
import {
  commissioningSteps,
  type CommissioningContext,
  type CommissioningTools,
} from './commissioning-steps.ts'
import { VERDICT_TIMING, type VerdictTiming } from './delivery-verdict.ts'
import { deviceIdMismatch, deviceNotListed } from './device-errors.ts'
import { DeviceHttp } from './device-http.ts'
import { hostAndPort } from './http-exchange.ts'
import { JobBook } from './job-book.ts'
import { PendingWatch } from './pending-watch.ts'

const MAX_CREDENTIAL_NAME_LENGTH = 256

export interface CommissioningServiceOptions {
  readonly directory: DeviceDirectory
  readonly issuer: CredentialIssuer
  readonly proof: PresenceProof
  readonly presence: FleetPresence
  readonly settings: CommissioningSettings
  readonly log: Logger
  readonly http?: DeviceHttp
  readonly now?: () => Date
  readonly timing?: VerdictTiming
}

interface Run {
  readonly context: CommissioningContext
  readonly controller: AbortController
  readonly ended: Promise<void>
}

/**
 * Commissions devices that were found on the LAN: asks, issues, delivers, waits until the device
 * is online with its key; and takes back what was issued when that fails.
 *
 * Cancelling before the delivery leaves nothing behind. Cancelling after it withdraws the
 * credential too: "cancel" on a ladder means "not this one", and a credential that nobody waits
 * for is a key under the mat. The device then counts itself as commissioned and has to be reset;
 * the job says so. To leave a device that takes its time alone, close the window: the job goes on,
 * and after a restart the ledger's pending credential is waited for again.
 */
export class CommissioningService {
  private readonly options: CommissioningServiceOptions
  private readonly http: DeviceHttp
  private readonly now: () => Date
  private readonly log: Logger
  private readonly book: JobBook
  private readonly pending: PendingWatch
  private readonly runs = new Map<string, Run>()

  constructor(options: CommissioningServiceOptions) {
    this.options = options
    this.http = options.http ?? new DeviceHttp()
    this.now = options.now ?? (() => new Date())
    this.log = options.log.part('commissioning')
    this.book = new JobBook(this.now)
    this.pending = new PendingWatch({
      issuer: options.issuer,
      proof: options.proof,
      presence: options.presence,
      log: this.log,
      now: this.now,
    })
  }

  /**
   * Asks a device what it is, for a person to look at before the PIN is typed.
   * @throws MusterError of `device-errors.ts`.
   */
  async inspect(key: string, signal: AbortSignal): Promise<DeviceInspection> {
    const endpoint = this.endpointOf(key)
    const device = await this.http.info(endpoint, signal).catch((error: unknown) => {
      this.options.directory.reconfirm?.(key)
      throw error
    })
    const address = hostAndPort(device.address, device.port)
    if (device.deviceId !== endpoint.deviceId) {
      throw deviceIdMismatch(address, endpoint.deviceId, device.deviceId)
    }
    return {
      key,
      deviceId: device.deviceId,
      deviceType: device.deviceType,
      capabilities: [...device.capabilities],
      state: device.state,
      address,
      publicKey: device.publicKey,
      fingerprint: device.publicKey === null ? null : fingerprintOf(device.publicKey),
      seedWouldTravel: device.publicKey === null,
    }
  }

  /**
   * Begins to commission a device and returns its job; what becomes of it is told by `subscribe`.
   * @throws RejectedError `PIN_MALFORMED` (before anything is sent), `DEVICE_NOT_LISTED`,
   *   `COMMISSIONING_LIMIT`; ConflictError `COMMISSIONING_RUNNING`.
   */
  start(request: CommissioningRequest): CommissioningJob {
    const pin = normalizePin(request.pin)
    const endpoint = this.endpointOf(request.key)
    const { deviceId } = endpoint
    // The same device may be listed twice: once by mDNS, once by a typed address.
    const busy = this.book
      .running()
      .some((job) => job.key === request.key || job.deviceId === deviceId)
    if (busy) throw alreadyRunning(deviceId)
    const settings = this.options.settings.get()
    const { publicKey } = request
    const job = this.book.open({
      key: request.key,
      deviceId,
      deviceType: request.deviceType ?? null,
      tenant: request.tenant,
      fingerprint: publicKey === null ? null : fingerprintOf(publicKey),
    })
    const context: CommissioningContext = {
      endpoint,
      tenant: request.tenant,
      confirmedKey: publicKey,
      credentialName: credentialNameOf(request, deviceId),
      validDays: settings.credentialDays,
      pendingMs: settings.pendingDeadlineMinutes * 60_000,
      pin,
      delivered: 'no',
      leavePending: false,
    }
    const controller = new AbortController()
    const ended = this.run(job.id, context, controller.signal)
    this.runs.set(job.id, { context, controller, ended })
    void ended.finally(() => this.runs.delete(job.id))
    return this.book.get(job.id)
  }

  /**
   * Cancels a job and resolves once everything is taken back; a job that has ended stays as it is.
   * @throws RejectedError `COMMISSIONING_UNKNOWN`.
   */
  async cancel(id: string): Promise<CommissioningJob> {
    const run = this.runs.get(id)
    if (run !== undefined) {
      run.controller.abort(cancelled())
      await run.ended
    }
    return this.book.get(id)
  }

  /** Hears all jobs since the app started at once, then each change. */
  get subscribe(): JobBook['subscribe'] {
    return this.book.subscribe
  }

  /**
   * Looks after what earlier runs left pending: waits for the devices whose deadline is to come,
   * withdraws what missed it. To be called when authority and mesh are there, and again when
   * somebody else issued a pending credential; those already looked after are left alone.
   */
  resume(): void {
    const inJobs = new Set(
      [...this.runs.values()].flatMap(({ context }) => context.credential?.id ?? []),
    )
    for (const credential of this.options.issuer.pending()) {
      if (inJobs.has(credential.id)) continue
      if (credential.pendingUntil.getTime() <= this.now().getTime()) {
        this.pending.withdraw(credential)
      } else this.pending.watch(credential)
    }
  }

  /** Ends all jobs. What a device may hold stays pending and is waited for at the next start. */
  async close(): Promise<void> {
    const runs = [...this.runs.values()]
    for (const { context, controller } of runs) {
      context.leavePending = true
      controller.abort(appEnds())
    }
    await Promise.all(runs.map(({ ended }) => ended))
    await this.pending.close()
  }

  private endpointOf(key: string): DeviceEndpoint {
    const endpoint = this.options.directory.endpointOf(key)
    if (endpoint === undefined) throw deviceNotListed()
    return endpoint
  }

  private async run(id: string, context: CommissioningContext, signal: AbortSignal): Promise<void> {
    let failure: MusterError | undefined
    try {
      await runSteps(commissioningSteps(this.toolsOf(id)), context, {
        signal,
        report: (report) => this.book.report(id, report),
      })
    } catch (thrown) {
      failure = toMusterError(thrown)
    }
    context.pin = ''
    const job = this.conclude(id, context, failure, signal)
    this.log.info('A commissioning ended', {
      deviceId: job.deviceId,
      tenant: job.tenant,
      state: job.state,
      ...(failure === undefined ? {} : { error: failure }),
    })
  }

  private conclude(
    id: string,
    context: CommissioningContext,
    failure: MusterError | undefined,
    signal: AbortSignal,
  ): CommissioningJob {
    if (failure === undefined) return this.book.close(id, 'done')
    if (!signal.aborted) {
      this.options.directory.reconfirm?.(context.endpoint.key)
      return this.book.close(id, 'failed', failure)
    }
    if (context.leavePending) return this.book.close(id, 'cancelled', appEnds())
    return this.book.close(
      id,
      'cancelled',
      context.delivered === 'no' ? undefined : cancelledAfterDelivery(context.delivered === 'yes'),
    )
  }

  private toolsOf(id: string): CommissioningTools {
    const { issuer, proof, presence, timing = VERDICT_TIMING } = this.options
    return {
      http: this.http,
      issuer,
      proof,
      presence,
      timing,
      now: this.now,
      onDevice: ({ deviceType }) => {
        if (this.book.get(id).deviceType === null) this.book.change(id, { deviceType })
      },
      onDeadline: (pendingUntil) =>
        void this.book.change(id, { onlineDeadline: pendingUntil.toISOString() }),
      remark: (step, remark) => this.book.remark(id, step, remark),
      onNotWithdrawn: (credential, context) =>
        this.pending.withdraw({
          id: credential.id,
          publicKey: credential.publicKey,
          tenant: context.tenant,
          deviceId: context.endpoint.deviceId,
          pendingUntil: context.pendingUntil ?? this.now(),
        }),
    }
  }
}

/**
 * The protocol carries no name, type or zone to the device (`identity` comes from the device
 * itself), so they are kept where the credential is listed: in the ledger.
 */
function credentialNameOf(request: CommissioningRequest, deviceId: string): string {
  const given = [request.name ?? deviceId, request.deviceType, request.zone]
    .map((text) => cleanText(text ?? '', MAX_CREDENTIAL_NAME_LENGTH))
    .filter((text) => text !== '')
  return cleanText(given.join(' · '), MAX_CREDENTIAL_NAME_LENGTH)
}
