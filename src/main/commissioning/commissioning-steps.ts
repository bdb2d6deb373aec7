import type { MusterError } from '#shared/errors.ts'
import type { Step } from '../steps/run-steps.ts'
import { waitForArrival, waitForKey, type ArrivalWitnesses } from './arrival.ts'
import type { CredentialIssuer, DeviceEndpoint, IssuedCredential } from './collaborators.ts'
import {
  claimedTwice,
  deliveryNotTaken,
  deliveryUnconfirmed,
  didNotConnect,
  notWaiting,
  stepWithout,
} from './commissioning-errors.ts'
import { deadlineAt } from './deadline.ts'
import { deliveryVerdict, type VerdictTiming } from './delivery-verdict.ts'
import { deviceAlreadyCommissioned, deviceIdMismatch, deviceKeyChanged } from './device-errors.ts'
import type { DeviceAnswer, DeviceHttp } from './device-http.ts'
import { hostAndPort } from './http-exchange.ts'
import type { StepName } from './job-book.ts'

/** What the steps of one commissioning share. */
export interface CommissioningContext {
  readonly endpoint: DeviceEndpoint
  readonly tenant: string
  /** The key that the person saw and confirmed; null where the device showed none. */
  readonly confirmedKey: string | null
  readonly credentialName: string
  readonly validDays: number
  readonly pendingMs: number
  /** Eight digits; emptied as soon as they were sent. */
  pin: string
  device?: DeviceAnswer
  credential?: IssuedCredential
  pendingUntil?: Date
  /** Whether the device holds its credential. `maybe` from the moment it is being sent. */
  delivered: 'no' | 'maybe' | 'yes'
  /** Why that is not certain. */
  unclear?: MusterError
  /** The app ends: what the device may hold stays pending in the ledger. */
  leavePending: boolean
}

export interface CommissioningTools extends ArrivalWitnesses {
  readonly http: Pick<DeviceHttp, 'info' | 'commission'>
  readonly issuer: CredentialIssuer
  readonly timing: VerdictTiming
  readonly now: () => Date
  /** The device has answered and is the one that was confirmed. */
  readonly onDevice: (device: DeviceAnswer) => void
  /** The deadline is set. */
  readonly onDeadline: (pendingUntil: Date) => void
  /** Something to show beside a step that did not fail; undefined takes it away. */
  readonly remark: (step: StepName, remark: MusterError | undefined) => void
  /** A withdrawal failed: somebody has to go on trying. */
  readonly onNotWithdrawn: (credential: IssuedCredential, context: CommissioningContext) => void
}

/** The procedure of commissioning one device, as data for `runSteps`. */
export function commissioningSteps(
  tools: CommissioningTools,
): readonly (Step<CommissioningContext> & { readonly name: StepName })[] {
  return [
    { name: 'info', run: (context, signal) => askDevice(tools, context, signal) },
    {
      name: 'issue',
      run: (context) => issueCredential(tools, context),
      undo: (context) => withdrawCredential(tools, context),
    },
    // What a device took can not be taken back over the LAN; undoing `issue` makes it worthless.
    { name: 'deliver', run: (context, signal) => deliverCredential(tools, context, signal) },
    { name: 'online', run: (context, signal) => waitUntilOnline(tools, context, signal) },
  ]
}

/** Asks again, right before anything is sent: the device may not be the one that was confirmed. */
async function askDevice(
  { http, onDevice }: CommissioningTools,
  context: CommissioningContext,
  signal: AbortSignal,
): Promise<void> {
  const { endpoint, confirmedKey } = context
  const device = await http.info(endpoint, signal)
  const address = hostAndPort(device.address, device.port)
  if (device.deviceId !== endpoint.deviceId) {
    throw deviceIdMismatch(address, endpoint.deviceId, device.deviceId)
  }
  if (device.publicKey !== confirmedKey) {
    throw deviceKeyChanged(address, confirmedKey, device.publicKey)
  }
  if (endpoint.conflict && device.publicKey === null) throw claimedTwice(device.deviceId)
  if (device.state === 'commissioned') throw deviceAlreadyCommissioned(address)
  if (device.state !== 'uncommissioned') throw notWaiting(address, device.state)
  context.device = device
  onDevice(device)
}

async function issueCredential(
  { issuer, now, onDeadline }: CommissioningTools,
  context: CommissioningContext,
): Promise<void> {
  const device = context.device
  if (device === undefined) throw stepWithout('the device')
  const pendingUntil = new Date(now().getTime() + context.pendingMs)
  context.credential = await issuer.issue({
    tenant: context.tenant,
    deviceId: device.deviceId,
    publicKey: device.publicKey,
    name: context.credentialName,
    validDays: context.validDays,
    pendingUntil,
  })
  context.pendingUntil = pendingUntil
  onDeadline(pendingUntil)
}

async function withdrawCredential(
  { issuer, onNotWithdrawn }: CommissioningTools,
  context: CommissioningContext,
): Promise<void> {
  const { credential } = context
  if (credential === undefined) return
  if (context.leavePending && context.delivered !== 'no') return
  try {
    await issuer.withdraw(credential.id)
  } catch (error) {
    onNotWithdrawn(credential, context)
    throw error
  }
}

async function deliverCredential(
  tools: CommissioningTools,
  context: CommissioningContext,
  signal: AbortSignal,
): Promise<void> {
  const { device, credential, pin } = context
  if (device === undefined || credential === undefined) throw stepWithout('a credential')
  context.delivered = 'maybe'
  context.pin = ''
  try {
    const outcome = await tools.http.commission({ to: device, pin, file: credential.file }, signal)
    if (outcome.type === 'unclear') context.unclear = outcome.error
  } catch (error) {
    // It said no, or nothing was sent. A cancel in between leaves it open.
    if (!signal.aborted) context.delivered = 'no'
    throw error
  }
  if (context.unclear === undefined) context.delivered = 'yes'
  else await settleDelivery(tools, context, device, context.unclear, signal)
}

/** No proper answer came: the device itself, or its key on the mesh, tells what became of it. */
async function settleDelivery(
  tools: CommissioningTools,
  context: CommissioningContext,
  device: DeviceAnswer,
  unclear: MusterError,
  signal: AbortSignal,
): Promise<void> {
  // A device that answered, if only nonsense, is not checking the PIN any more.
  const answered = unclear.kind === 'rejected'
  const ended = new AbortController()
  const either = AbortSignal.any([signal, ended.signal])
  try {
    const verdict = await Promise.race([
      deliveryVerdict(
        tools.http,
        device,
        {
          pollEveryMs: tools.timing.pollEveryMs,
          settleMs: answered ? 0 : tools.timing.settleMs,
          giveUpAfterMs: tools.timing.settleMs,
        },
        either,
      ),
      waitForKey(arriving(context), tools.proof, either).then(() => 'taken' as const),
    ])
    if (verdict === 'not-taken') {
      context.delivered = 'no'
      throw answered ? unclear : deliveryNotTaken(unclear)
    }
    if (verdict === 'taken') context.delivered = 'yes'
    else tools.remark('deliver', deliveryUnconfirmed(unclear))
  } finally {
    ended.abort()
  }
}

async function waitUntilOnline(
  tools: CommissioningTools,
  context: CommissioningContext,
  signal: AbortSignal,
): Promise<void> {
  const { credential, pendingUntil } = context
  if (credential === undefined || pendingUntil === undefined) throw stepWithout('a credential')
  const { urls } = credential.file.nats
  const deadline = deadlineAt(
    pendingUntil,
    () => didNotConnect(pendingUntil, urls),
    () => tools.now().getTime(),
  )
  const ended = new AbortController()
  const either = AbortSignal.any([signal, deadline.signal, ended.signal])
  try {
    await Promise.race([
      waitForArrival(arriving(context), tools, either),
      ...(context.delivered === 'yes' ? [] : [rejectIfNotTaken(tools, context, either)]),
    ])
  } finally {
    deadline.cancel()
    ended.abort()
  }
  context.delivered = 'yes'
  tools.remark('deliver', undefined)
  await tools.issuer.confirm(credential.id)
}

/** A device that comes back and still waits to be commissioned will never come online. */
async function rejectIfNotTaken(
  tools: CommissioningTools,
  context: CommissioningContext,
  signal: AbortSignal,
): Promise<never> {
  const { device, unclear } = context
  if (device === undefined || unclear === undefined) throw stepWithout('a delivery')
  const timing = { ...tools.timing, giveUpAfterMs: Number.POSITIVE_INFINITY }
  const verdict = await deliveryVerdict(tools.http, device, timing, signal)
  if (verdict === 'not-taken') {
    context.delivered = 'no'
    throw deliveryNotTaken(unclear)
  }
  context.delivered = 'yes'
  tools.remark('deliver', undefined)
  return new Promise<never>(() => undefined)
}

function arriving({ tenant, device, credential }: CommissioningContext) {
  if (device === undefined || credential === undefined) throw stepWithout('a credential')
  return { tenant, deviceId: device.deviceId, publicKey: credential.publicKey }
}
