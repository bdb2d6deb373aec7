import type {
  CredentialSummary,
  DeviceAddress,
  DeviceRecord,
  FleetDevice,
  FleetUpdate,
  SelectorMatch,
} from '#shared/contract/fleet.ts'
import { ConflictError, RejectedError } from '#shared/errors.ts'
import { parseSelector } from '#shared/protocol/selectors.ts'
import { Pace } from '../events/pace.ts'
import { toDeviceRecord } from './device-record.ts'
import type { CredentialLedger, FleetSource, PendingDevice } from './fleet-source.ts'

/** Beyond this a person narrows the selector; the list says so. */
const MOST_SELECTED = 20_000

/** At most twenty batches a second leave for the window. */
const CHANGES_EVERY_MS = 50

export interface FleetServiceOptions {
  readonly ledger: CredentialLedger
}

/**
 * The fleet as the window shows it: what the registry knows, and the devices that hold a
 * credential and have not connected yet. One source at a time; `use` changes it.
 */
export class FleetService {
  private readonly ledger: CredentialLedger
  private readonly listeners = new Set<(update: FleetUpdate) => void>()
  private readonly forgetters = new Set<(address: DeviceAddress) => void>()
  private readonly arrivals = new Map<string, Set<() => void>>()
  private readonly pace = new Pace(CHANGES_EVERY_MS, () => this.flush())
  private readonly unsubscribeLedger: () => void
  private devices = new Map<string, FleetDevice>()
  private pending: ReadonlyMap<string, PendingDevice>
  private stale = false
  private source: FleetSource | undefined
  private unsubscribeSource: () => void = () => undefined

  // What changed since the last flush.
  private readonly dirty = new Map<string, DeviceAddress>()
  private readonly beats = new Map<string, [string, string, number]>()
  private replaced = false

  constructor(options: FleetServiceOptions) {
    this.ledger = options.ledger
    this.pending = byKey(this.ledger.pendingDevices())
    this.unsubscribeLedger = this.ledger.subscribe(() => this.onLedger())
  }

  /** Takes the fleet from another source, or from none; what the old one said is dropped. */
  use(source: FleetSource | undefined): void {
    this.unsubscribeSource()
    this.source = source
    this.devices = new Map()
    this.stale = false
    this.replace()
    this.unsubscribeSource =
      source?.subscribe((update) => this.onSource(update)) ?? (() => undefined)
  }

  /** Hears the whole fleet at once, then each change; a further snapshot replaces everything. */
  readonly subscribe = (listener: (update: FleetUpdate) => void): (() => void) => {
    this.listeners.add(listener)
    listener(this.snapshot())
    return () => void this.listeners.delete(listener)
  }

  isOnline(tenant: string, deviceId: string): boolean {
    return this.devices.get(keyOf({ tenant, deviceId }))?.state === 'online'
  }

  /** Resolves once the registry reports the device online. @throws the signal's reason. */
  whenOnline(tenant: string, deviceId: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason as Error)
        return
      }
      // What a dead registry said last is no proof that the device is online now.
      if (this.isOnline(tenant, deviceId) && !this.stale) {
        resolve()
        return
      }
      const key = keyOf({ tenant, deviceId })
      const waiting = this.arrivals.get(key) ?? new Set()
      const end = (settle: () => void) => {
        signal.removeEventListener('abort', onAbort)
        waiting.delete(onArrival)
        if (waiting.size === 0) this.arrivals.delete(key)
        settle()
      }
      const onArrival = () => end(resolve)
      const onAbort = () => end(() => reject(signal.reason as Error))
      signal.addEventListener('abort', onAbort)
      this.arrivals.set(key, waiting.add(onArrival))
    })
  }

  /** The whole record of a device; null where the registry has none. */
  async record(address: DeviceAddress, signal: AbortSignal): Promise<DeviceRecord | null> {
    const record = await this.source?.record(address, signal)
    return toDeviceRecord(address, record)
  }

  /**
   * The online devices that a selector addresses, of one tenant or of all.
   * @throws RejectedError `SELECTOR_MALFORMED`; TransientError where the registry does not answer.
   */
  async select(
    { selector: text, tenant }: { readonly selector: string; readonly tenant: string | null },
    signal: AbortSignal,
  ): Promise<SelectorMatch> {
    const selector = parseSelector(text)
    const found = await this.source?.select(selector, text, tenant, MOST_SELECTED + 1, signal)
    const devices = found?.slice(0, MOST_SELECTED) ?? []
    return { devices, truncated: (found?.length ?? 0) > MOST_SELECTED }
  }

  credentials(address: DeviceAddress): CredentialSummary[] {
    return this.ledger.credentialsOf(address)
  }

  /**
   * Takes an offline device off the list; it comes back when it registers again.
   * @throws ConflictError `DEVICE_ONLINE`; RejectedError `DEVICE_PENDING`, `DEVICE_UNKNOWN`.
   */
  async forget(address: DeviceAddress): Promise<void> {
    const device = this.devices.get(keyOf(address))
    if (device?.state === 'online') throw deviceOnline(address.deviceId)
    if (device === undefined || this.source === undefined) {
      throw this.pending.has(keyOf(address)) ? devicePending() : deviceUnknown()
    }
    await this.source.forget(address)
    for (const listener of this.forgetters) listener(address)
  }

  /** Calls `listener` with each device that was forgotten from here; returns how to stop that. */
  onForgotten(listener: (address: DeviceAddress) => void): () => void {
    this.forgetters.add(listener)
    return () => void this.forgetters.delete(listener)
  }

  close(): void {
    this.unsubscribeSource()
    this.unsubscribeLedger()
    this.pace.close()
    this.listeners.clear()
  }

  private onSource(update: FleetUpdate): void {
    this.stale = update.stale
    if (update.type === 'snapshot') {
      this.devices = new Map(update.devices.map((device) => [keyOf(device), { ...device }]))
      this.replace()
    } else this.onChanges(update)
    this.announceArrivals()
  }

  private onChanges(update: Extract<FleetUpdate, { type: 'changed' }>): void {
    for (const address of update.removed) {
      this.devices.delete(keyOf(address))
      this.touch(address)
    }
    for (const device of update.upserted) {
      this.devices.set(keyOf(device), { ...device })
      this.touch(device)
    }
    for (const [tenant, deviceId, epochMs] of update.beats) {
      const key = keyOf({ tenant, deviceId })
      const device = this.devices.get(key)
      if (device === undefined) continue
      device.lastSeenAt = new Date(epochMs).toISOString()
      this.beats.set(key, [tenant, deviceId, epochMs])
    }
    this.pace.request()
  }

  private onLedger(): void {
    const before = this.pending
    this.pending = byKey(this.ledger.pendingDevices())
    for (const [key, device] of before) if (!this.pending.has(key)) this.touch(device)
    for (const [key, device] of this.pending) if (!before.has(key)) this.touch(device)
  }

  /** Few devices are waited for at a time, so it is they that are looked up. */
  private announceArrivals(): void {
    if (this.stale) return
    for (const [key, waiting] of this.arrivals) {
      if (this.devices.get(key)?.state !== 'online') continue
      for (const arrive of waiting) arrive()
    }
  }

  private touch({ tenant, deviceId }: DeviceAddress): void {
    this.dirty.set(keyOf({ tenant, deviceId }), { tenant, deviceId })
    this.pace.request()
  }

  private replace(): void {
    this.replaced = true
    this.pace.request()
  }

  private flush(): void {
    const update = this.replaced ? this.snapshot() : this.changes()
    this.replaced = false
    this.dirty.clear()
    this.beats.clear()
    for (const listener of this.listeners) listener(update)
  }

  private changes(): FleetUpdate {
    const upserted: FleetDevice[] = []
    const removed: DeviceAddress[] = []
    for (const [key, address] of this.dirty) {
      const device = this.shown(key)
      if (device === undefined) removed.push(address)
      else upserted.push(device)
      this.beats.delete(key)
    }
    return {
      type: 'changed',
      upserted,
      removed,
      beats: [...this.beats.values()],
      stale: this.stale,
    }
  }

  private snapshot(): FleetUpdate {
    const devices: FleetDevice[] = []
    for (const key of this.devices.keys()) {
      const device = this.shown(key)
      if (device !== undefined) devices.push(device)
    }
    for (const [key, device] of this.pending) {
      if (!this.devices.has(key)) devices.push(pendingOnly(device))
    }
    return { type: 'snapshot', devices, stale: this.stale }
  }

  private shown(key: string): FleetDevice | undefined {
    const device = this.devices.get(key)
    const pending = this.pending.get(key)
    if (device === undefined) return pending === undefined ? undefined : pendingOnly(pending)
    // A device that is commissioned again is still the one of before as long as that is online.
    if (pending === undefined || device.state === 'online') return { ...device }
    return { ...device, state: 'pending', since: pending.issuedAt.toISOString() }
  }
}

function keyOf({ tenant, deviceId }: DeviceAddress): string {
  return `${tenant}.${deviceId}`
}

function byKey(devices: readonly PendingDevice[]): ReadonlyMap<string, PendingDevice> {
  return new Map(devices.map((device) => [keyOf(device), device]))
}

function pendingOnly({ tenant, deviceId, issuedAt }: PendingDevice): FleetDevice {
  return {
    tenant,
    deviceId,
    deviceType: null,
    manufacturer: null,
    model: null,
    firmwareVersion: null,
    location: null,
    availability: null,
    busyScore: null,
    battery: null,
    errorState: null,
    functionCount: 0,
    eventCount: 0,
    state: 'pending',
    since: issuedAt.toISOString(),
    lastSeenAt: null,
    ttlSeconds: null,
    registeredAt: null,
    presence: null,
  }
}

function deviceOnline(deviceId: string): ConflictError {
  return new ConflictError({
    code: 'DEVICE_ONLINE',
    message: `${deviceId} is online, so it would come back to the list with its next heartbeat.`,
    advice: 'Switch it off first, or revoke its credential.',
    details: { deviceId },
  })
}

function devicePending(): RejectedError {
  return new RejectedError({
    code: 'DEVICE_PENDING',
    message: 'This device holds a credential with which it has not connected yet.',
    advice: 'Cancel its commissioning, or wait: the credential is withdrawn at its deadline.',
  })
}

function deviceUnknown(): RejectedError {
  return new RejectedError({
    code: 'DEVICE_UNKNOWN',
    message: 'The registry does not know this device any more.',
    advice: 'Nothing is left to do.',
  })
}
