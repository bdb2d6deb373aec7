import type { NatsConnection } from '@nats-io/nats-core'
import type { DeviceAddress } from '#shared/contract/fleet.ts'
import type { QueueUpdate } from '#shared/contract/queue.ts'
import { Pace } from '../events/pace.ts'
import type { TenantQueue } from './tenant-queue.ts'

/** Changes of one device leave for the window at most this often. */
const TELL_PAUSE_MS = 100

/** Connections that may manage the queues of tenants. */
export interface QueueConnections {
  subscribe(tenant: string, listener: (connection: NatsConnection | undefined) => void): () => void
  /** @throws TransientError where the mesh can't be reached. */
  connectionFor(tenant: string, signal: AbortSignal): Promise<NatsConnection>
}

export type QueueListener = (update: QueueUpdate) => void

/** A tenant's queue on whichever connection there is to the tenant. */
export class QueuePlace {
  readonly #make: (nats: NatsConnection) => TenantQueue
  #nats: NatsConnection | undefined
  #queue: TenantQueue | undefined
  #leave: () => void = () => undefined
  readonly watchers = new Set<QueueWatcher>()

  constructor(make: (nats: NatsConnection) => TenantQueue) {
    this.#make = make
  }

  get queue(): TenantQueue | undefined {
    return this.#queue
  }

  follow(connections: QueueConnections, tenant: string, onMove: () => void): void {
    this.#leave = connections.subscribe(tenant, (connection) => {
      if (connection === undefined) this.#drop()
      else this.over(connection)
      onMove()
    })
  }

  /** The queue over this connection. */
  over(nats: NatsConnection): TenantQueue {
    if (this.#queue !== undefined && this.#nats === nats) return this.#queue
    this.#drop()
    const queue = this.#make(nats)
    this.#nats = nats
    this.#queue = queue
    for (const watcher of this.watchers) watcher.over(queue)
    return queue
  }

  end(): void {
    this.#leave()
    this.#drop()
    this.watchers.clear()
  }

  #drop(): void {
    this.#queue?.close()
    this.#queue = undefined
    this.#nats = undefined
  }
}

/** Somebody who looks at the queue of one device. */
export class QueueWatcher {
  readonly address: DeviceAddress
  readonly listener: QueueListener
  readonly pace: Pace
  readonly #ending = new AbortController()
  #place: QueuePlace | undefined
  #release: () => void = () => undefined

  constructor(address: DeviceAddress, listener: QueueListener, tell: () => void) {
    this.address = address
    this.listener = listener
    this.pace = new Pace(TELL_PAUSE_MS, tell)
  }

  get signal(): AbortSignal {
    return this.#ending.signal
  }

  attach(place: QueuePlace): void {
    this.#place = place
    place.watchers.add(this)
    if (place.queue !== undefined) this.over(place.queue)
  }

  over(queue: TenantQueue): void {
    this.#release()
    this.#release = queue.watch(this.address.deviceId)
  }

  close(): void {
    this.#ending.abort()
    this.pace.close()
    this.#release()
    this.#place?.watchers.delete(this)
  }
}
