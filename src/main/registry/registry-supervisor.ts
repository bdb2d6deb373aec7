import type { FleetDevice, FleetUpdate } from '#shared/contract/fleet.ts'
import { ConflictError, messageOf } from '#shared/errors.ts'
import { parseJsonObject, type JsonObject } from '#shared/protocol/json-rpc.ts'
import type { Logger } from '../log/logger.ts'
import { FleetMirror } from './fleet-mirror.ts'
import type { Impostor, OwnedDevice } from './identity-guard.ts'
import { PendingAnswers } from './pending-answers.ts'
import {
  FromSidecar,
  type SidecarConfig,
  type SidecarConnection,
  type ToSidecar,
} from './sidecar-messages.ts'
import type { DeviceKey } from './store.ts'
import type { SidecarExit, SidecarProcess } from './sidecar-process.ts'

const RESTART_MIN_MS = 250
const RESTART_MAX_MS = 10_000
/** A sidecar that lived this long was healthy: its next death is a first one again. */
const HEALTHY_AFTER_MS = 60_000
/** Saving what is pending takes less; then it is killed. The sidecar's own limit is below. */
const STOP_TIMEOUT_MS = 7000

export interface SidecarState {
  readonly state: 'stopped' | 'starting' | 'running' | 'restarting'
  readonly pid?: number
  /** Times that it had to be started again. */
  readonly restarts: number
  readonly lastExit?: SidecarExit
  /** What the sidecar said before it gave up. */
  readonly failure?: { readonly code: string; readonly message: string; readonly advice: string }
  readonly connection: SidecarConnection
  /** What is, or soon will be, wrong with its store. */
  readonly storeProblem?: SidecarState['failure'] | undefined
  /** Where the sidecar set a damaged database aside. */
  readonly setAside?: string
}

export type RegistryNews =
  | { readonly type: 'fleet'; readonly update: FleetUpdate }
  | { readonly type: 'state'; readonly state: SidecarState }
  | { readonly type: 'impostor'; readonly impostor: Impostor }
  | { readonly type: 'flood'; readonly tenant: string }
  | { readonly type: 'stats'; readonly stats: Readonly<Record<string, number>> }

export interface RegistrySupervisorOptions {
  spawn(): SidecarProcess
  /** Asked at each start, and again when credentials run out; they must keep their key then. */
  config(signal: AbortSignal): Promise<SidecarConfig>
  readonly logger: Logger
}

const NOT_CONNECTED: SidecarConnection = { state: 'connecting', error: null }

/** Keeps one registry sidecar running and knows the fleet that it tells. */
export class RegistrySupervisor {
  readonly #options: RegistrySupervisorOptions
  readonly #mirror = new FleetMirror()
  readonly #answers = new PendingAnswers()
  readonly #listeners = new Set<(news: RegistryNews) => void>()
  readonly #closing = new AbortController()
  #process: SidecarProcess | undefined
  #exited: Promise<void> = Promise.resolve()
  /** The process that was told to stop: its end is no reason to start it again. */
  #stopping: SidecarProcess | undefined
  #restarting: Promise<void> = Promise.resolve()
  #state: SidecarState = { state: 'stopped', restarts: 0, connection: NOT_CONNECTED }
  #restartMs = RESTART_MIN_MS
  #restartTimer: NodeJS.Timeout | undefined
  #startedAtMs = 0

  constructor(options: RegistrySupervisorOptions) {
    this.#options = options
  }

  /** Starts the sidecar. Does nothing where it runs or is about to. */
  start(): void {
    if (this.#closing.signal.aborted || this.#state.state !== 'stopped') return
    this.#spawn('starting')
  }

  state(): SidecarState {
    return this.#state
  }

  /** Hears of every change from now on; take `state` and `fleet` right after for the rest. */
  subscribe(listener: (news: RegistryNews) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Tells the sidecar which ids belong to their devices; lost where none runs. */
  own(devices: readonly OwnedDevice[], replace: boolean): void {
    const copies = devices.map((device) => ({ ...device, names: [...device.names] }))
    this.#process?.send({ type: 'own', replace, devices: copies })
  }

  devices(): FleetDevice[] {
    return this.#mirror.devices()
  }

  /** All devices, and whether they may be out of date. */
  fleet(): FleetUpdate {
    return this.#mirror.snapshot()
  }

  /**
   * The whole record of a device; null where the registry has none.
   * @throws TransientError `REGISTRY_DOWN`, `REGISTRY_SLOW`; the signal's reason
   */
  async record(tenant: string, deviceId: string, signal: AbortSignal): Promise<JsonObject | null> {
    const answer = await this.#ask('record', signal, (requestId) => ({
      type: 'get-record',
      requestId,
      tenant,
      deviceId,
    }))
    return answer.record === null ? null : (parseJsonObject(answer.record) ?? null)
  }

  /**
   * The online devices that a selector addresses, of one tenant or of all, up to a number.
   * @throws TransientError `REGISTRY_DOWN`, `REGISTRY_SLOW`; the signal's reason
   */
  async select(
    selector: string,
    tenant: string | null,
    most: number,
    signal: AbortSignal,
  ): Promise<readonly DeviceKey[]> {
    const answer = await this.#ask('selected', signal, (requestId) => ({
      type: 'select',
      requestId,
      tenant,
      selector,
      most,
    }))
    return answer.devices.map(([of, deviceId]) => ({ tenant: of, deviceId }))
  }

  /**
   * Takes an offline device off the list; it comes back when it registers.
   * @throws ConflictError `DEVICE_ONLINE`; TransientError `REGISTRY_DOWN`, `REGISTRY_SLOW`
   */
  async forget(tenant: string, deviceId: string, signal: AbortSignal): Promise<void> {
    const answer = await this.#ask('forgotten', signal, (requestId) => ({
      type: 'forget',
      requestId,
      tenant,
      deviceId,
    }))
    if (answer.outcome !== 'online') return
    throw new ConflictError({
      code: 'DEVICE_ONLINE',
      message:
        'The device is online. It would be back on the list with its next heartbeat, so it stays.',
      advice: 'Switch the device off or revoke its credential first.',
    })
  }

  /** Ends the sidecar in good order and starts it with a fresh configuration. */
  restart(): Promise<void> {
    // One after the other: two at once would leave two sidecars.
    this.#restarting = this.#restarting.then(async () => {
      await this.#stopProcess()
      this.#restartMs = RESTART_MIN_MS
      this.start()
    })
    return this.#restarting
  }

  /** Ends the sidecar for good. Safe to call twice. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#stopProcess()
    this.#listeners.clear()
  }

  #spawn(state: 'starting' | 'restarting'): void {
    const sidecar = this.#options.spawn()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#exited = promise
    this.#process = sidecar
    this.#startedAtMs = performance.now()
    this.#setState({ state, connection: NOT_CONNECTED, storeProblem: undefined }, sidecar.pid)
    sidecar.onMessage((message) => {
      if (this.#process === sidecar) this.#receive(sidecar, message)
    })
    sidecar.onExit((exit) => {
      if (this.#process === sidecar) this.#onExit(sidecar, exit)
      resolve()
    })
  }

  #onExit(sidecar: SidecarProcess, exit: SidecarExit): void {
    this.#process = undefined
    this.#answers.failAll()
    this.#state = { ...this.#state, lastExit: exit }
    const update = this.#mirror.markStale()
    if (update !== undefined) this.#emit({ type: 'fleet', update })
    if (this.#stopping === sidecar) {
      this.#stopping = undefined
      this.#setState({ state: 'stopped', connection: { state: 'closed', error: null } })
      return
    }
    if (performance.now() - this.#startedAtMs >= HEALTHY_AFTER_MS) this.#restartMs = RESTART_MIN_MS
    const waitMs = this.#restartMs
    this.#restartMs = Math.min(waitMs * 2, RESTART_MAX_MS)
    this.#options.logger.warn('the registry ended; starting it again', { ...exit, waitMs })
    this.#setState({
      state: 'restarting',
      restarts: this.#state.restarts + 1,
      connection: NOT_CONNECTED,
    })
    this.#restartTimer = setTimeout(() => this.#spawn('restarting'), waitMs)
  }

  #receive(sidecar: SidecarProcess, received: unknown): void {
    const checked = FromSidecar.safeParse(received)
    if (!checked.success) {
      this.#options.logger.error('a message from the registry was not understood', {
        why: checked.error.issues[0]?.message ?? 'unknown',
      })
      return
    }
    const message = checked.data
    switch (message.type) {
      case 'hello':
        void this.#configure(sidecar)
        break
      case 'credentials-wanted':
        void this.#renewCredentials(sidecar)
        break
      case 'ready': {
        const { failure: _gone, ...rest } = this.#state
        this.#state = rest
        const setAside = message.setAside === null ? {} : { setAside: message.setAside }
        this.#setState({ state: 'running', ...setAside }, sidecar.pid)
        break
      }
      case 'connection':
        this.#setState({ connection: message.connection }, sidecar.pid)
        break
      case 'snapshot':
      case 'changes': {
        const update = this.#mirror.apply(message)
        if (update !== undefined) this.#emit({ type: 'fleet', update })
        sidecar.send({ type: 'received', sequence: message.sequence })
        break
      }
      case 'record':
      case 'forgotten':
      case 'selected':
        this.#answers.settle(message)
        break
      case 'impostor': {
        const { type: _type, ...impostor } = message
        this.#emit({ type: 'impostor', impostor })
        break
      }
      case 'store-problem':
        this.#setState({ storeProblem: message.problem ?? undefined }, sidecar.pid)
        break
      case 'flood':
        this.#emit({ type: 'flood', tenant: message.tenant })
        break
      case 'stats':
        this.#emit({ type: 'stats', stats: message.stats })
        break
      case 'failed':
        this.#options.logger.error('the registry gave up', { why: message.failure.message })
        this.#setState({ failure: message.failure }, sidecar.pid)
        break
    }
  }

  async #configure(sidecar: SidecarProcess): Promise<void> {
    try {
      const config = await this.#options.config(this.#closing.signal)
      if (this.#process === sidecar) sidecar.send({ type: 'start', config })
    } catch (error) {
      if (this.#closing.signal.aborted) return
      this.#options.logger.error('the registry could not be configured', { error })
      // Its end brings the next attempt, after a pause that grows.
      sidecar.kill()
    }
  }

  async #renewCredentials(sidecar: SidecarProcess): Promise<void> {
    try {
      const { credentials } = await this.#options.config(this.#closing.signal)
      if (this.#process === sidecar) sidecar.send({ type: 'credentials', credentials })
    } catch (error) {
      this.#options.logger.warn('no new credentials for the registry', { why: messageOf(error) })
    }
  }

  #ask<Type extends 'record' | 'forgotten' | 'selected'>(
    type: Type,
    signal: AbortSignal,
    question: (requestId: number) => ToSidecar,
  ): Promise<Extract<FromSidecar, { type: Type }>> {
    const sidecar = this.#state.state === 'running' ? this.#process : undefined
    return this.#answers.ask(type, signal, sidecar, question)
  }

  async #stopProcess(): Promise<void> {
    clearTimeout(this.#restartTimer)
    const sidecar = this.#process
    if (sidecar === undefined) {
      this.#setState({ state: 'stopped', connection: { state: 'closed', error: null } })
      return
    }
    this.#stopping = sidecar
    const kill = setTimeout(() => sidecar.kill(), STOP_TIMEOUT_MS)
    sidecar.send({ type: 'stop' })
    await this.#exited
    clearTimeout(kill)
  }

  #setState(change: Partial<SidecarState>, pid?: number): void {
    const { pid: _before, ...rest } = this.#state
    this.#state = { ...rest, ...change, ...(pid === undefined ? {} : { pid }) }
    this.#emit({ type: 'state', state: this.#state })
  }

  #emit(news: RegistryNews): void {
    for (const listener of this.#listeners) listener(news)
  }
}
