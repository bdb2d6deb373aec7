import { RejectedError, toMusterError, type MusterError } from '#shared/errors.ts'
import { problemOf } from '#shared/problem-of.ts'
import type { RenewalItemState } from '#shared/contract/renewal.ts'
import type { Logger } from '../log/logger.ts'
import { pause } from '../steps/pause.ts'
import { Arrival, isNew, recipientOf } from './arrival.ts'
import { digestOf, type ConnectionWitness, type Sighting } from './connection-witness.ts'
import type { DeliveryOrder, RenewalDelivery } from './delivery.ts'
import { didNotComeBack, endedMeanwhile, interrupted, noAnswer } from './renewal-errors.ts'
import type { RenewalIssuer, RenewedCredential } from './renewal-issuer.ts'
import type { ItemRecord, JobRecord, RenewalStore } from './renewal-store.ts'

/** After a restart devices need a moment to reconnect before they count as missing. */
const GRACE_AFTER_RESTART_MS = 60_000
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 60_000

export interface RenewalTools {
  readonly store: RenewalStore
  readonly issuer: RenewalIssuer
  readonly witness: Pick<ConnectionWitness, 'expect' | 'look'>
  readonly deliveries: { readonly mesh: RenewalDelivery; readonly file: RenewalDelivery }
  /** How long a device may take to come back with its new credential. */
  readonly deadlineMs: () => number
  /** How long at least it has for that after a restart of the app. */
  readonly graceMs?: number
  readonly now: () => Date
  readonly log: Logger
}

/**
 * Renews one credential, each decision written down before it is acted on. Returns how it ended.
 * @throws the signal's reason; the item then stays as it is, for `takeUpOne`.
 */
export async function renewOne(
  tools: RenewalTools,
  job: JobRecord,
  item: ItemRecord,
  signal: AbortSignal,
): Promise<RenewalItemState> {
  if (item.delivery === 'commission') return end(tools, item, 'manual')
  const delivery = tools.deliveries[item.delivery]
  // At once, so that nobody begins it a second time.
  tools.store.changeItem(item, { state: 'issuing' })
  let credential: RenewedCredential
  try {
    await delivery.check(recipientOf(item), signal)
    signal.throwIfAborted()
    const deadline = new Date(tools.now().getTime() + tools.deadlineMs())
    credential = await tools.issuer.issue({
      credentialId: item.ledger_id,
      validDays: job.valid_days,
      delivery: item.delivery,
      ...(item.delivery === 'mesh' ? { pendingUntil: deadline } : {}),
    })
    tools.store.changeItem(item, {
      state: 'delivering',
      new_ledger_id: credential.ledgerId,
      digest: digestOf(credential.file.nats.jwt),
      deadline: item.delivery === 'mesh' ? deadline.getTime() : null,
      expires_at: credential.expiresAt.getTime(),
      delivered_at: tools.now().getTime(),
    })
  } catch (error) {
    if (signal.aborted) throw error
    return end(tools, item, 'failed', toMusterError(error))
  }
  const order: DeliveryOrder = {
    jobId: job.id,
    recipient: recipientOf(item),
    file: credential.file,
    deadline: new Date(tools.now().getTime() + tools.deadlineMs()),
  }
  return handOver(tools, reread(tools, item), delivery, order, signal)
}

/** Goes on with an item that was under way when the app ended. Ends or throws as `renewOne`. */
export async function takeUpOne(
  tools: RenewalTools,
  job: JobRecord,
  item: ItemRecord,
  signal: AbortSignal,
): Promise<RenewalItemState> {
  const { store, issuer } = tools
  if (item.state !== 'issuing' && item.delivery === 'mesh') {
    const grace = tools.now().getTime() + (tools.graceMs ?? GRACE_AFTER_RESTART_MS)
    tools.store.changeItem(item, { deadline: Math.max(item.deadline ?? 0, grace) })
    const current = reread(tools, item)
    return comeBack(tools, current, new Arrival(tools, current), signal, () =>
      orderAgain(tools, job, current),
    )
  }
  // The JWT was in memory only, and nobody has it.
  const lost =
    item.new_ledger_id === null
      ? issuer.pendingSince(item.public_key, new Date(job.started_at))
      : [item.new_ledger_id]
  for (const id of lost) await strikeAtLast(tools, id, interrupted().message, signal)
  store.changeItem(item, { new_ledger_id: null, digest: null, deadline: null, expires_at: null })
  return renewOne(tools, job, reread(tools, item), signal)
}

async function handOver(
  tools: RenewalTools,
  item: ItemRecord,
  delivery: RenewalDelivery,
  order: DeliveryOrder,
  signal: AbortSignal,
): Promise<RenewalItemState> {
  // Before the delivery: a quick device is back before it has answered.
  const arrival = item.delivery === 'mesh' ? new Arrival(tools, item) : undefined
  try {
    const outcome = await delivery.deliver(order, signal)
    if (outcome === 'laid-down') return end(tools, item, 'written')
    if (outcome === 'taken') tools.store.changeItem(item, { state: 'awaiting' })
  } catch (thrown) {
    arrival?.stop()
    if (signal.aborted) throw thrown
    const error = toMusterError(thrown)
    await strikeAtLast(tools, item.new_ledger_id, error.message, signal)
    return end(tools, item, 'failed', error)
  }
  const current = reread(tools, item)
  return comeBack(tools, current, arrival ?? new Arrival(tools, current), signal, () =>
    Promise.resolve(order),
  )
}

/**
 * Waits for a device, and hands over once more meanwhile what nobody can tell that it took: an order gets
 * lost when a device is just changing its connection, or when this app ends.
 */
async function comeBack(
  tools: RenewalTools,
  item: ItemRecord,
  arrival: Arrival,
  signal: AbortSignal,
  order: () => Promise<DeliveryOrder>,
): Promise<RenewalItemState> {
  const settled = new AbortController()
  const until = AbortSignal.any([signal, settled.signal])
  const again =
    item.state === 'delivering'
      ? handOverAgain(tools, item, arrival, until, order)
      : Promise.resolve()
  try {
    return await outcomeOf(tools, item, arrival, signal)
  } finally {
    settled.abort()
    await again
  }
}

/** What was issued before a restart, to be handed over with the time that is left. */
async function orderAgain(
  { issuer, now }: RenewalTools,
  job: JobRecord,
  item: ItemRecord,
): Promise<DeliveryOrder> {
  const { file } = await issuer.repeat(item.new_ledger_id ?? '')
  const deadline = new Date(item.deadline ?? now().getTime())
  return { jobId: job.id, recipient: recipientOf(item), file, deadline }
}

/**
 * Hands the very same over, so that it matters not how often it comes, until the device answers or the
 * outcome is settled. Never rejects.
 */
async function handOverAgain(
  tools: RenewalTools,
  item: ItemRecord,
  arrival: Arrival,
  until: AbortSignal,
  orderOf: () => Promise<DeliveryOrder>,
): Promise<void> {
  try {
    const order = await atLast(tools, until, orderOf)
    const refusal = await atLast(tools, until, () => deliverOnce(tools, order, until))
    if (refusal !== undefined) return arrival.refused(refusal)
  } catch {
    // The outcome is settled, or the app ends.
    return
  }
  if (reread(tools, item).state === 'delivering') {
    tools.store.changeItem(item, { state: 'awaiting' })
  }
}

/** Why the device does not want it; undefined once it took it. @throws where nobody can tell. */
async function deliverOnce(
  { deliveries }: RenewalTools,
  order: DeliveryOrder,
  until: AbortSignal,
): Promise<RejectedError | undefined> {
  try {
    const outcome = await deliveries.mesh.deliver(order, until)
    if (outcome === 'unknown') throw noAnswer(order.recipient.name)
    return undefined
  } catch (error) {
    if (error instanceof RejectedError) return error
    throw error
  }
}

/** Waits for the holder, and settles which of the two credentials is in force. */
async function outcomeOf(
  tools: RenewalTools,
  item: ItemRecord,
  arrival: Arrival,
  signal: AbortSignal,
): Promise<RenewalItemState> {
  try {
    const failure = await arrival.settled(signal)
    if (failure === undefined) return confirmed(tools, item)
    // An event was lost, or somebody else told of the failure: what the server says counts.
    const seen = await lookAtLast(tools, item, signal)
    if (seen.some((sighting) => isNew(item, sighting))) return confirmed(tools, item)
    const error = failure === 'deadline' ? notBack(item, seen.length > 0) : failure
    await strikeAtLast(tools, item.new_ledger_id, error.message, signal)
    return end(tools, item, 'rolled-back', error)
  } finally {
    arrival.stop()
  }
}

function confirmed(tools: RenewalTools, item: ItemRecord): RenewalItemState {
  const id = item.new_ledger_id ?? ''
  tools.issuer.confirm(id)
  // Somebody else swept it meanwhile.
  if (tools.issuer.stateOf(id) === 'struck') tools.issuer.reinstate(id)
  if (tools.issuer.stateOf(id) === 'active') return end(tools, item, 'renewed')
  return end(tools, item, 'failed', endedMeanwhile())
}

function notBack(item: ItemRecord, connected: boolean): MusterError {
  return didNotComeBack(item.device_id ?? item.name, new Date(item.deadline ?? 0), connected)
}

function end(
  tools: RenewalTools,
  item: ItemRecord,
  state: RenewalItemState,
  error?: MusterError,
): RenewalItemState {
  tools.store.changeItem(item, {
    state,
    problem: error === undefined ? null : problemOf(error),
    ended_at: tools.now().getTime(),
  })
  tools.log.info('A renewal ended', {
    deviceId: item.device_id,
    tenant: item.tenant,
    publicKey: item.public_key,
    state,
    ...(error === undefined ? {} : { code: error.code }),
  })
  return state
}

function reread({ store }: RenewalTools, item: ItemRecord): ItemRecord {
  return store.item(item.job_id, item.sequence) ?? item
}

/** Who is connected with the key now, asked until a server answers. @throws the signal's reason. */
function lookAtLast(
  tools: RenewalTools,
  item: ItemRecord,
  signal: AbortSignal,
): Promise<Sighting[]> {
  return atLast(tools, signal, () => tools.witness.look(item.account, item.public_key, signal))
}

/**
 * Takes the new credential back, however often that has to be tried. A revocation would name the key, not
 * the JWT, so the authority only strikes it from the ledger while the old one works.
 * @throws the signal's reason.
 */
async function strikeAtLast(
  tools: RenewalTools,
  ledgerId: string | null,
  reason: string,
  signal: AbortSignal,
): Promise<void> {
  if (ledgerId === null) return
  await atLast(tools, signal, () => tools.issuer.strike(ledgerId, reason, signal))
}

async function atLast<T>(
  { log }: RenewalTools,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(waitMs * 2, LAST_RETRY_MS)) {
    signal.throwIfAborted()
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      log.warn('A renewal can not be settled yet', {
        error: toMusterError(error),
        retryInMs: waitMs,
      })
      await pause(waitMs, signal)
    }
  }
}
