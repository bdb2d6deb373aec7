import type { NatsConnection } from '@nats-io/nats-core'
import type { DeviceAddress, FleetDevice, FleetUpdate } from '#shared/contract/fleet.ts'
import type { Dialect } from '#shared/protocol/dialect.ts'
import type { Selector } from '#shared/protocol/selectors.ts'
import { subjectsOf } from '#shared/protocol/subjects.ts'
import type { Logger } from '../log/logger.ts'
import type { TenantConnections } from '../rpc/tenant-connections.ts'
import { DiscoveryClient } from './discovery-client.ts'
import { deviceIdOf } from './project-device.ts'
import { RemotePresence } from './remote-presence.ts'
import { isAddressed } from './selected-record.ts'
import { DiscoverySession } from './discovery-session.ts'
import type { FleetSource } from './fleet-source.ts'

const REQUESTER_ID = 'muster-console'

export interface DiscoveryFleetSourceOptions {
  readonly tenant: string
  readonly connections: TenantConnections
  readonly dialect: Dialect
  readonly log: Logger
  readonly now?: () => Date
  readonly requestTimeoutMs?: number
}

/**
 * The fleet of one tenant as a registry elsewhere knows it: read by discovery RPC, then followed
 * by what the registry announces and by the devices' heartbeats. Devices that went offline stay
 * on the list for as long as the app runs, since such a registry forgets them.
 */
export class DiscoveryFleetSource implements FleetSource {
  private readonly options: DiscoveryFleetSourceOptions
  private readonly listeners = new Set<(update: FleetUpdate) => void>()
  private readonly unsubscribe: () => void
  private readonly devices = new Map<string, FleetDevice>()
  private readonly observed = new RemotePresence()
  private stale = true
  private session: DiscoverySession | undefined
  private client: DiscoveryClient | undefined

  constructor(options: DiscoveryFleetSourceOptions) {
    this.options = options
    this.unsubscribe = options.connections.subscribe(options.tenant, (connection) =>
      this.attach(connection),
    )
  }

  subscribe(listener: (update: FleetUpdate) => void): () => void {
    this.listeners.add(listener)
    listener({ type: 'snapshot', devices: [...this.devices.values()], stale: this.stale })
    return () => void this.listeners.delete(listener)
  }

  /** Asks the registry; null where it has no record of the device. */
  async record(address: DeviceAddress, signal: AbortSignal): Promise<unknown> {
    if (address.tenant !== this.options.tenant || this.client === undefined) return null
    return this.client.getDevice(address.deviceId, signal)
  }

  /** Reads the registry for it: one of another make may know nothing of selectors. */
  async select(
    selector: Selector,
    _text: string,
    tenant: string | null,
    most: number,
    signal: AbortSignal,
  ): Promise<readonly DeviceAddress[]> {
    const { tenant: own } = this.options
    if (this.client === undefined || (tenant !== null && tenant !== own)) return []
    const found: DeviceAddress[] = []
    for (const record of await this.client.listAll(signal)) {
      const deviceId = deviceIdOf(record)
      if (deviceId === undefined || !isAddressed(selector, deviceId, record)) continue
      found.push({ tenant: own, deviceId })
      if (found.length >= most) break
    }
    return found
  }

  /** Takes an offline device off this list; a registry elsewhere has forgotten it already. */
  async forget({ tenant, deviceId }: DeviceAddress): Promise<void> {
    if (!this.devices.delete(deviceId)) return
    this.observed.forget(deviceId)
    this.emit({ removed: [{ tenant, deviceId }] })
  }

  close(): void {
    this.unsubscribe()
    this.session?.close()
    this.listeners.clear()
  }

  private attach(connection: NatsConnection | undefined): void {
    this.session?.close()
    this.session = undefined
    this.client = undefined
    this.setStale(true)
    if (connection === undefined) return
    const { tenant, dialect, log, now = () => new Date(), requestTimeoutMs } = this.options
    this.client = new DiscoveryClient({
      connection,
      subject: subjectsOf(dialect).discovery(tenant),
      requesterId: REQUESTER_ID,
      ...(requestTimeoutMs === undefined ? {} : { requestTimeoutMs }),
    })
    this.session = new DiscoverySession({
      tenant,
      dialect,
      connection,
      client: this.client,
      devices: this.devices,
      observed: this.observed,
      log,
      now,
      onChange: (change) => this.emit(change),
      onStale: (stale) => this.setStale(stale),
    })
    this.session.start()
  }

  private setStale(stale: boolean): void {
    if (this.stale === stale) return
    this.stale = stale
    this.emit({})
  }

  private emit(change: Partial<Omit<Extract<FleetUpdate, { type: 'changed' }>, 'type' | 'stale'>>) {
    const update: FleetUpdate = {
      type: 'changed',
      upserted: change.upserted ?? [],
      removed: change.removed ?? [],
      beats: change.beats ?? [],
      stale: this.stale,
    }
    for (const listener of this.listeners) listener(update)
  }
}
