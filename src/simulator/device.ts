import type { Msg } from '@nats-io/nats-core'
import { InternalError, messageOf, RejectedError } from '#shared/errors.ts'
import type { CredentialFile } from '#shared/protocol/credentials.ts'
import { dialectOf, type DialectName } from '#shared/protocol/dialect.ts'
import { isJsonObject, parseJsonObject, type JsonObject } from '#shared/protocol/json-rpc.ts'
import { subjectsOf, type Subjects } from '#shared/protocol/subjects.ts'
import { CREDENTIALS_UPDATED_EVENT, IN_USE, KEPT_OLD } from '#shared/protocol/update-credentials.ts'
import { answerBroadcast } from './broadcast.ts'
import { CommandQueue, type CommandQueueSettings } from './command-queue.ts'
import { every, pause, systemClock, type Clock } from './clock.ts'
import {
  updateCredentialsFunction,
  type CredentialUpdateOptions,
  type StoredUpdate,
} from './credential-update.ts'
import {
  registrationParams,
  type CallOptions,
  type DeviceDescription,
  type DeviceHandle,
} from './description.ts'
import { answerCommand, FunctionTable } from './function-calls.ts'
import { DeviceLink } from './link.ts'
import { register, REGISTRATION_BACKOFF, type RegistrationBackoff } from './registration.ts'

/** protocol.md, "Registration": default ttl 15 s, a heartbeat every third of it. */
const DEFAULT_TTL_SECONDS = 15
const HEARTBEATS_PER_TTL = 3

const CALL_TIMEOUT_MS = 5_000
const EVENT_NAME = /^[A-Za-z0-9_-]+$/u

/**
 * - `connecting`: no NATS connection yet, or none any more and trying again
 * - `registering`: connected, and the registry has not confirmed yet
 * - `online`: registered
 * - `stopped`: by `stop` or `crash`; final
 */
export type DeviceState = 'connecting' | 'registering' | 'online' | 'stopped'

export interface DeviceOptions {
  readonly description: DeviceDescription
  readonly credentials: CredentialFile
  /** The device's own key, where the credentials carry none. */
  readonly seed?: string
  readonly dialect?: DialectName
  readonly ttlSeconds?: number
  /** Waits up to this long, at random, before it connects: a fleet after a power cut. */
  readonly startupJitterMs?: number
  readonly backoff?: RegistrationBackoff
  /** Offers `updateCredentials`; not offered without. */
  readonly credentialUpdates?: CredentialUpdateOptions
  /** A credential that was stored before the power was cut, and is to be tried first. */
  readonly nextCredentials?: CredentialFile
  /** Fetches commands that were queued while it was away; left alone without. */
  readonly commandQueue?: CommandQueueSettings
  readonly clock?: Clock
  readonly onState?: (state: DeviceState) => void
}

export interface StopOptions {
  /** Say so in a last heartbeat (`online: false`); true unless told. */
  readonly goodbye?: boolean
}

/**
 * Starts a device: it connects, registers, sends heartbeats and answers calls until it is stopped,
 * and gets over every loss of the server or the registry by itself. Returns at once; wait with
 * `whenState('online')`.
 * @throws RejectedError `DEVICE_ID_MISMATCH` where the credentials are another device's,
 * `NAME_UNSAFE` where tenant or device id can't stand in a subject.
 */
export function startDevice(options: DeviceOptions): SimulatedDevice {
  const { credentials, description } = options
  if (credentials.device_id !== description.deviceId) {
    throw new RejectedError({
      code: 'DEVICE_ID_MISMATCH',
      message: 'These credentials were issued to another device, so the device does not use them.',
      advice: 'Issue credentials with the device id of this device.',
    })
  }
  return new SimulatedDevice(options)
}

/** A device that speaks the protocol of protocol.md from the device's side. */
export class SimulatedDevice implements DeviceHandle {
  readonly deviceId: string
  readonly tenant: string
  readonly clock: Clock
  readonly #options: DeviceOptions
  readonly #subjects: Subjects
  readonly #description: DeviceDescription
  readonly #functions: FunctionTable
  readonly #stopping = new AbortController()
  readonly #stateWaiters = new Set<(state: DeviceState) => void>()
  readonly #link: DeviceLink
  readonly #queue: CommandQueue | undefined
  readonly #ended: Promise<void>
  #registering = new AbortController()
  #hasBegun = false
  #state: DeviceState = 'connecting'
  #status: JsonObject
  #lastFailure: string | undefined
  #registrationId: string | undefined
  #storedUpdate: StoredUpdate | undefined

  constructor(options: DeviceOptions) {
    const { credentials, description } = options
    this.#options = options
    this.#description = this.#withUpdates(description)
    this.deviceId = description.deviceId
    this.tenant = credentials.tenant
    this.clock = options.clock ?? systemClock
    this.#subjects = subjectsOf(dialectOf(options.dialect ?? 'device-connect'))
    this.#functions = new FunctionTable(this.#description.functions)
    this.#status = { ...description.status }
    this.#link = new DeviceLink({
      credentials,
      seed: credentials.nats.nkey_seed ?? options.seed,
      clock: this.clock,
      signal: this.signal,
      onConnected: () => this.#onConnected(),
      onLost: () => this.#onLost(),
      onFailure: (message) => void (this.#lastFailure = message),
      onRefused: (subject) => this.#queue?.onRefused(subject),
    })
    this.#queue = this.#commandQueue()
    this.#link.listen(this.#subjects.command(this.tenant, this.deviceId), (message) => {
      void this.#onCommand(message)
    })
    this.#link.listen(this.#subjects.broadcast(this.tenant), (message) => {
      void this.#onBroadcast(message)
    })
    this.#ended = this.#live()
  }

  get state(): DeviceState {
    return this.#state
  }

  get status(): Readonly<JsonObject> {
    return this.#status
  }

  get signal(): AbortSignal {
    return this.#stopping.signal
  }

  /** Why it is not online, in the words of the NATS client or the registry. */
  get lastFailure(): string | undefined {
    return this.#lastFailure
  }

  /** `device_registration_id` of the last registration. */
  get registrationId(): string | undefined {
    return this.#registrationId
  }

  /**
   * Resolves once the device is in that state.
   * @throws the signal's reason; InternalError `DEVICE_STOPPED` where it stopped instead.
   */
  whenState(wanted: DeviceState, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (state: DeviceState) => {
        if (state !== wanted && state !== 'stopped') return
        finish()
        if (state === wanted) resolve()
        else reject(stoppedError(this.#lastFailure))
      }
      const abort = () => {
        finish()
        reject(signal?.reason as Error)
      }
      const finish = () => {
        this.#stateWaiters.delete(look)
        signal?.removeEventListener('abort', abort)
      }
      if (signal?.aborted === true) return abort()
      signal?.addEventListener('abort', abort, { once: true })
      this.#stateWaiters.add(look)
      look(this.#state)
    })
  }

  emit(name: string, payload: JsonObject): boolean {
    if (!EVENT_NAME.test(name)) {
      throw new RejectedError({
        code: 'NAME_UNSAFE',
        message: 'An event name has letters, digits, dashes and underscores only.',
        advice: 'Rename the event.',
      })
    }
    const notification = { jsonrpc: '2.0', method: name, params: payload }
    return this.#link.publish(this.#subjects.event(this.tenant, this.deviceId, name), notification)
  }

  setStatus(patch: JsonObject): void {
    this.#status = { ...this.#status, ...patch }
  }

  beat(): void {
    this.#link.publish(this.#subjects.heartbeat(this.tenant, this.deviceId), {
      ...this.#status,
      device_id: this.deviceId,
      ts: this.clock.now() / 1000,
    })
  }

  async call(
    deviceId: string,
    method: string,
    params: JsonObject = {},
    options: CallOptions = {},
  ): Promise<unknown> {
    const request = {
      jsonrpc: '2.0',
      id: `${this.deviceId}-${this.clock.now()}`,
      method,
      params: { ...params, _dc_meta: { source_device: this.deviceId } },
    }
    const subject = this.#subjects.command(this.tenant, deviceId)
    const reply = await this.#link.request(subject, request, options.timeoutMs ?? CALL_TIMEOUT_MS)
    if (reply !== undefined && 'result' in reply) return reply['result']
    const error = reply?.['error']
    throw new RejectedError({
      code: 'CALL_FAILED',
      message: isJsonObject(error)
        ? String(error['message'])
        : 'The device sent no JSON-RPC answer.',
      advice: 'Look at the parameters of the call and at the state of the device.',
      details: { code: isJsonObject(error) ? Number(error['code']) : null },
    })
  }

  onEvent(deviceId: string, name: string, listener: (payload: JsonObject) => void): () => void {
    return this.#link.listen(this.#subjects.event(this.tenant, deviceId, name), (message) => {
      const params = parseJsonObject(message.string())?.['params']
      if (isJsonObject(params)) listener(params)
    })
  }

  /** Stops in order: last heartbeat, everything sent, connection closed. Safe to call twice. */
  async stop(options: StopOptions = {}): Promise<void> {
    if (options.goodbye !== false && this.#state === 'online') {
      this.setStatus({ online: false, availability: 'offline' })
      this.beat()
    }
    this.#end()
    await this.#link.close({ flush: true })
    await this.#ended
  }

  /** Ends like a device whose power is cut: no heartbeat, nothing flushed on purpose. */
  async crash(): Promise<void> {
    this.#end()
    await this.#link.close({ flush: false })
    await this.#ended
  }

  async #live(): Promise<void> {
    const { startupJitterMs = 0 } = this.#options
    try {
      await pause(this.clock, startupJitterMs * Math.random(), this.signal)
      await this.#tryNext()
      await this.#link.run()
    } catch (error) {
      this.#lastFailure = messageOf(error)
      this.#end()
    }
  }

  #commandQueue(): CommandQueue | undefined {
    const { commandQueue, dialect } = this.#options
    if (commandQueue === undefined) return undefined
    return new CommandQueue({
      ...commandQueue,
      link: this.#link,
      dialect: dialectOf(dialect ?? 'device-connect'),
      tenant: this.tenant,
      deviceId: this.deviceId,
      clock: this.clock,
      signal: this.signal,
      run: (method, params) => this.#functions.invoke(method, params, this),
    })
  }

  #onLost(): void {
    this.#registering.abort()
    this.#setState('connecting')
  }

  #onConnected(): void {
    this.#registering.abort()
    this.#registering = new AbortController()
    this.#setState('registering')
    void this.#register(this.#registering.signal)
    this.#queue?.begin()
  }

  async #register(signal: AbortSignal): Promise<void> {
    const registrationId = await register({
      link: this.#link,
      signal,
      subject: this.#subjects.registry(this.tenant),
      clock: this.clock,
      backoff: this.#options.backoff ?? REGISTRATION_BACKOFF,
      params: () => this.#registration(),
      onFailure: (message) => void (this.#lastFailure = message),
    })
    if (registrationId === undefined) return
    this.#registrationId = registrationId
    this.#lastFailure = undefined
    this.#setState('online')
    this.#begin()
  }

  /** Heartbeats and behaviour begin with the first registration and outlive every loss. */
  #begin(): void {
    if (this.#hasBegun) return
    this.#hasBegun = true
    const intervalMs = (this.#ttlSeconds * 1000) / HEARTBEATS_PER_TTL
    every(this.clock, intervalMs, this.signal, () => this.beat())
    this.#options.description.behave?.(this)
  }

  get #ttlSeconds(): number {
    return this.#options.ttlSeconds ?? DEFAULT_TTL_SECONDS
  }

  #registration(): JsonObject {
    return registrationParams(this.#description, this.#status, this.#ttlSeconds, this.clock.now())
  }

  async #onCommand(message: Msg): Promise<void> {
    const { reply } = message
    if (reply === undefined || reply === '') return
    const answer = await answerCommand(message.string(), this.#functions, this, () =>
      this.#registration(),
    )
    if (answer !== undefined) this.#link.publish(reply, answer)
    await this.#moveToStored()
  }

  async #onBroadcast(message: Msg): Promise<void> {
    const reply = await answerBroadcast(message.string(), this.#description, this.#functions, this)
    if (reply === undefined) return
    const subject = this.#subjects.event(this.tenant, this.deviceId, 'async_reply')
    this.#link.publish(`${subject}.${reply.correlationId}`, reply.payload)
  }

  #withUpdates(description: DeviceDescription): DeviceDescription {
    const { credentialUpdates: updates, credentials, seed } = this.#options
    if (updates === undefined) return description
    const update = updateCredentialsFunction({
      deviceId: description.deviceId,
      tenant: credentials.tenant,
      seed: credentials.nats.nkey_seed ?? seed,
      nowMs: () => this.clock.now(),
      slots: updates.slots,
      fault: updates.fault,
      onStored: (stored) => {
        this.#storedUpdate = stored
        if (updates.fault === 'dies-before-answer') void this.crash()
      },
    })
    return { ...description, functions: [...description.functions, update] }
  }

  /** Once the answer is out: goes on with a credential that was just stored, or stays with the old. */
  async #moveToStored(): Promise<void> {
    const stored = this.#storedUpdate
    this.#storedUpdate = undefined
    if (stored === undefined || this.signal.aborted) return
    const { fault, slots } = this.#options.credentialUpdates ?? {}
    // Flushed, as a device waits for its answer to be out.
    if (fault === 'dies-after-answer' || fault === 'stays-away')
      return this.stop({ goodbye: false })
    const until = AbortSignal.timeout(stored.deadlineMs)
    const move = await this.#link.moveTo(stored.credentials, until)
    // What is stored now is the later one's to settle.
    if (this.signal.aborted || move.type === 'superseded') return
    // With the new one it may be allowed what the old one was not.
    if (move.type === 'moved') this.#queue?.begin()
    if (move.type === 'moved') await slots?.promoteNext()
    else await slots?.dropNext()
    this.emit(CREDENTIALS_UPDATED_EVENT, {
      outcome: move.type === 'moved' ? IN_USE : KEPT_OLD,
      ...(move.type === 'moved' ? {} : { reason: move.reason }),
    })
  }

  /** After a cut of the power between storing and trying: the stored one is tried before the old. */
  async #tryNext(): Promise<void> {
    const { nextCredentials, credentialUpdates } = this.#options
    if (nextCredentials === undefined || this.signal.aborted) return
    const works = await this.#link.prove(nextCredentials)
    if (works) await credentialUpdates?.slots?.promoteNext()
    else if (!this.signal.aborted) await credentialUpdates?.slots?.dropNext()
  }

  #end(): void {
    if (this.signal.aborted) return
    this.#stopping.abort()
    this.#registering.abort()
    this.#setState('stopped')
  }

  #setState(state: DeviceState): void {
    if (this.#state === state || this.#state === 'stopped') return
    this.#state = state
    this.#options.onState?.(state)
    for (const look of this.#stateWaiters) look(state)
  }
}

function stoppedError(why: string | undefined): InternalError {
  return new InternalError({
    code: 'DEVICE_STOPPED',
    message: `The simulated device is stopped${why === undefined ? '' : `: ${why}`}.`,
    advice: 'Start it again.',
  })
}
