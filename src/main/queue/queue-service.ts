import { isDeepStrictEqual } from 'node:util'
import type { QueueAvailability, QueuedCommand, TenantLag } from '#shared/contract/queue.ts'
import type { DeviceAddress } from '#shared/contract/fleet.ts'
import type { Problem } from '#shared/contract/common.ts'
import { problemOf } from '#shared/problem-of.ts'
import type { Dialect } from '#shared/protocol/dialect.ts'
import { requireSafeToken } from '#shared/protocol/names.ts'
import type { JsonObject } from '#shared/protocol/json-rpc.ts'
import type { Logger } from '../log/logger.ts'
import { shown, type CommandStore } from './command-store.ts'
import type { QueueTiming } from './device-commands.ts'
import { commandUnknown, explainQueueError } from './queue-errors.ts'
import { NO_LAG } from './tenant-lag.ts'
import {
  QueuePlace,
  QueueWatcher,
  type QueueConnections,
  type QueueListener,
} from './queue-place.ts'
import { TenantQueue } from './tenant-queue.ts'

/** What is known of tenants and their accounts. */
export interface QueueTenants {
  /** Names of the tenants of the mesh in use; undefined where it is not ours. */
  names(): readonly string[] | undefined
  /** Nothing of another tenant can come on its account's subjects. */
  isAlone(tenant: string): boolean
  /** Whether its account has JetStream; undefined where only the server knows. */
  hasJetStream(tenant: string): boolean | undefined
  /** Further tenants of its account. */
  sharedWith(tenant: string): readonly string[]
  /** Gives its account JetStream. */
  enable(tenant: string, signal: AbortSignal): Promise<void>
}

export interface QueueServiceOptions {
  readonly store: CommandStore
  readonly connections: QueueConnections
  readonly tenants: QueueTenants
  readonly dialect: () => Dialect
  /** Whether the device's credential lets it fetch commands; null where that is not known. */
  readonly mayFetch: (address: DeviceAddress) => boolean | null
  /** A command became a dead letter. */
  readonly onDead: (command: QueuedCommand) => void
  /** Who queues, as others read it. */
  readonly actor: string
  readonly timing?: QueueTiming
  readonly now?: () => Date
  readonly log: Logger
}

export interface NewCommand extends DeviceAddress {
  readonly id: string
  readonly functionName: string
  readonly params: JsonObject
  readonly expiresInMs: number
}

/** Commands that wait for devices which are not always online: docs/extensions/queued-commands.md. */
export class QueueService {
  readonly #options: QueueServiceOptions
  readonly #now: () => Date
  readonly #places = new Map<string, QueuePlace>()
  readonly #watchers = new Map<string, Set<QueueWatcher>>()
  /** As each tenant's was seen last, to be shown while it is asked for. */
  readonly #availability = new Map<string, QueueAvailability>()
  #closed = false

  constructor(options: QueueServiceOptions) {
    this.#options = options
    this.#now = options.now ?? (() => new Date())
  }

  /** Takes up the queues of all tenants with commands under way: at the start, and on another mesh. */
  resume(): void {
    const { store, tenants } = this.#options
    const known = tenants.names()
    for (const tenant of store.tenantsWithOpen()) {
      // Cleared while nobody was here: its account is gone with everything in it.
      if (known !== undefined && !known.includes(tenant)) store.removeTenant(tenant)
      else this.#place(tenant)
    }
  }

  /** Leaves the queues of a mesh that is no longer in use. */
  reset(): void {
    for (const place of this.#places.values()) place.end()
    this.#places.clear()
    for (const watchers of this.#watchers.values()) {
      for (const watcher of watchers) this.#attach(watcher)
    }
    this.resume()
  }

  /** Leaves the queues of tenants that were cleared; true where there was one. */
  prune(): boolean {
    const names = this.#options.tenants.names()
    if (names === undefined) return false
    const gone = [...this.#places.keys()].filter((tenant) => !names.includes(tenant))
    for (const tenant of gone) {
      this.#places.get(tenant)?.end()
      this.#places.delete(tenant)
      this.#options.store.removeTenant(tenant)
    }
    return gone.length > 0
  }

  /** Whether commands can be queued for devices of a tenant. Never throws. */
  async availability(tenant: string, signal: AbortSignal): Promise<QueueAvailability> {
    const availability = await this.#askAvailability(tenant, signal)
    if (!signal.aborted) this.#availability.set(tenant, availability)
    return availability
  }

  async #askAvailability(tenant: string, signal: AbortSignal): Promise<QueueAvailability> {
    const { tenants } = this.#options
    const sharedWith = [...tenants.sharedWith(tenant)]
    if (tenants.hasJetStream(tenant) === false) {
      return { state: 'off', canEnable: true, sharedWith, problem: null }
    }
    try {
      const queue = await this.#queue(tenant, signal)
      await queue.stream.account()
      return { state: 'ready', canEnable: false, sharedWith, problem: null }
    } catch (error) {
      const problem = problemOf(explainQueueError(error, tenant))
      return { state: stateOf(problem), canEnable: false, sharedWith, problem }
    }
  }

  /** Switches the queue on. @throws what the change of the account throws. */
  async enable(tenant: string, signal: AbortSignal): Promise<QueueAvailability> {
    await this.#options.tenants.enable(tenant, signal)
    const availability = await this.availability(tenant, signal)
    this.#tellTenant(tenant)
    return availability
  }

  /** Hears the queue of one device now and after each change. */
  watch(address: DeviceAddress): (listener: QueueListener) => () => void {
    requireSafeToken(address.tenant, 'tenant')
    requireSafeToken(address.deviceId, 'device id')
    return (listener) => {
      const watcher = new QueueWatcher(address, listener, () => void this.#tell(watcher))
      const key = keyOf(address)
      const watchers = this.#watchers.get(key) ?? new Set()
      this.#watchers.set(key, watchers.add(watcher))
      this.#attach(watcher)
      void this.#tell(watcher)
      return () => {
        watcher.close()
        watchers.delete(watcher)
        if (watchers.size === 0) this.#watchers.delete(key)
      }
    }
  }

  /** Queues a command: see `DeviceCommands.enqueue`. @throws RejectedError `NAME_UNSAFE`, `QUEUE_OFF`. */
  async enqueue(order: NewCommand, signal: AbortSignal): Promise<QueuedCommand> {
    const { tenant, deviceId, id, functionName, params, expiresInMs } = order
    requireSafeToken(deviceId, 'device id')
    const deadline = new Date(this.#now().getTime() + expiresInMs)
    const command = { id, functionName, params, by: this.#options.actor, deadline }
    const queue = await this.#queue(tenant, signal)
    return shown(await queue.enqueue(command, deviceId))
  }

  /** See `DeviceCommands.cancel`. */
  async cancel(tenant: string, id: string, signal: AbortSignal): Promise<QueuedCommand> {
    const deviceId = this.#deviceOf(tenant, id)
    return shown(await (await this.#queue(tenant, signal)).cancel(deviceId, id))
  }

  /** See `DeviceCommands.discard`. */
  async discard(tenant: string, id: string, signal: AbortSignal): Promise<QueuedCommand> {
    const deviceId = this.#deviceOf(tenant, id)
    return shown(await (await this.#queue(tenant, signal)).discard(deviceId, id))
  }

  /** See `DeviceCommands.requeue`. */
  async requeue(
    tenant: string,
    id: string,
    expiresInMs: number,
    signal: AbortSignal,
  ): Promise<QueuedCommand> {
    const deviceId = this.#deviceOf(tenant, id)
    const deadline = new Date(this.#now().getTime() + expiresInMs)
    return shown(await (await this.#queue(tenant, signal)).requeue(deviceId, id, deadline))
  }

  /** How far the devices of a tenant are behind. Never throws: the availability tells why not. */
  async lag(tenant: string, signal: AbortSignal): Promise<TenantLag> {
    const availability = await this.availability(tenant, signal)
    if (availability.state !== 'ready') return { availability, ...NO_LAG }
    try {
      return { availability, ...(await (await this.#queue(tenant, signal)).lag()) }
    } catch (error) {
      const problem = problemOf(explainQueueError(error, tenant))
      return { availability: { ...availability, state: stateOf(problem), problem }, ...NO_LAG }
    }
  }

  /**
   * Takes a device out that was forgotten or revoked, with its consumer and what waits for it. Nothing
   * is to be done for one that never had a command.
   * @throws TransientError where the mesh can't be reached; what JetStream answers.
   */
  async removeDevice({ tenant, deviceId }: DeviceAddress, why: string): Promise<void> {
    const { store, tenants } = this.#options
    if (!store.knows(tenant, deviceId) || tenants.hasJetStream(tenant) === false) return
    const queue = await this.#queue(tenant, AbortSignal.timeout(REMOVE_TIMEOUT_MS))
    await queue.removeDevice(deviceId, why)
  }

  /** Devices that commands wait for. */
  devicesWithCommands(): readonly DeviceAddress[] {
    return this.#options.store.devicesWithOpen()
  }

  close(): void {
    this.#closed = true
    for (const place of this.#places.values()) place.end()
    this.#places.clear()
    for (const watchers of this.#watchers.values()) for (const watcher of watchers) watcher.close()
    this.#watchers.clear()
  }

  async #queue(tenant: string, signal: AbortSignal): Promise<TenantQueue> {
    requireSafeToken(tenant, 'tenant')
    const connection = await this.#options.connections.connectionFor(tenant, signal)
    return this.#place(tenant).over(connection)
  }

  #place(tenant: string): QueuePlace {
    const existing = this.#places.get(tenant)
    if (existing !== undefined) return existing
    const { connections, dialect, tenants, store, log, timing = {} } = this.#options
    const place = new QueuePlace((nats) => {
      return new TenantQueue({
        tenant,
        nats,
        dialect: dialect(),
        alone: tenants.isAlone(tenant),
        store,
        timing,
        now: this.#now,
        log,
        onChange: (deviceId) => this.#changed({ tenant, deviceId }),
        onDead: this.#options.onDead,
      })
    })
    this.#places.set(tenant, place)
    place.follow(connections, tenant, () => this.#tellTenant(tenant))
    return place
  }

  #attach(watcher: QueueWatcher): void {
    watcher.attach(this.#place(watcher.address.tenant))
  }

  #deviceOf(tenant: string, id: string): string {
    const command = this.#options.store.find(id)
    if (command === undefined || command.tenant !== tenant) throw commandUnknown()
    return command.deviceId
  }

  #changed(address: DeviceAddress): void {
    for (const watcher of this.#watchers.get(keyOf(address)) ?? []) watcher.pace.request()
  }

  #tellTenant(tenant: string): void {
    for (const watchers of this.#watchers.values()) {
      for (const watcher of watchers) {
        if (watcher.address.tenant === tenant) watcher.pace.request()
      }
    }
  }

  async #tell(watcher: QueueWatcher): Promise<void> {
    const { tenant } = watcher.address
    const known = this.#availability.get(tenant)
    // What is recorded here is shown at once, also where the mesh is away.
    this.#show(watcher, known ?? UNASKED)
    const availability = await this.availability(tenant, watcher.signal)
    if (!isDeepStrictEqual(availability, known)) this.#show(watcher, availability)
  }

  #show({ address, listener, signal }: QueueWatcher, availability: QueueAvailability): void {
    if (signal.aborted || this.#closed) return
    const { store, mayFetch } = this.#options
    const { tenant, deviceId } = address
    listener({
      type: 'snapshot',
      availability,
      device: {
        consumer: this.#places.get(tenant)?.queue?.consumerOf(deviceId) ?? null,
        permitted: mayFetch(address),
      },
      commands: store.ofDevice(tenant, deviceId).map(shown),
    })
  }
}

const UNASKED: QueueAvailability = {
  state: 'unknown',
  canEnable: false,
  sharedWith: [],
  problem: null,
}

const REMOVE_TIMEOUT_MS = 10_000

function stateOf({ code }: Problem): QueueAvailability['state'] {
  switch (code) {
    case 'QUEUE_OFF':
      return 'off'
    case 'QUEUE_NO_JETSTREAM':
      return 'no-jetstream'
    case 'QUEUE_NOT_PERMITTED':
      return 'not-permitted'
    default:
      return 'unknown'
  }
}

function keyOf({ tenant, deviceId }: DeviceAddress): string {
  return `${tenant} ${deviceId}`
}
