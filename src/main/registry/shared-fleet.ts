import type { DeviceEntry } from './device-entry.ts'
import type { FleetFeed } from './fleet-feed.ts'
import type { FleetIndex } from './fleet-index.ts'
import type { OfflineClaims } from './offline-claims.ts'
import type { Registrar } from './registrar.ts'
import type { SharedStore, StoreFollower, Vanishing } from './shared-store.ts'
import type { DeviceKey, StoredDevice } from './store.ts'
import type { WriteBehind } from './write-behind.ts'

export interface SharedFleetParts {
  readonly store: SharedStore
  readonly index: FleetIndex
  readonly registrar: Registrar
  readonly writes: WriteBehind
  readonly claims: OfflineClaims
  readonly feed: FleetFeed
  goOffline(entry: DeviceEntry, sinceEpochMs: number): void
}

/** Keeps the fleet in memory as others make it in the store. */
export class SharedFleet implements StoreFollower {
  readonly #parts: SharedFleetParts

  constructor(parts: SharedFleetParts) {
    this.#parts = parts
  }

  documentOf({ tenant, deviceId }: DeviceKey): string | undefined {
    return this.#parts.index.get(tenant, deviceId)?.document
  }

  found(device: StoredDevice): void {
    const { index, registrar, feed } = this.#parts
    if (device.offlineAtEpochMs === null) {
      registrar.adopt(device)
      return
    }
    const entry = index.get(device.tenant, device.deviceId)
    if (entry === undefined) {
      registrar.restore(device)
      const restored = index.get(device.tenant, device.deviceId)
      if (restored !== undefined) feed.changed(restored)
    } else if (entry.online && !this.#parts.writes.isRegistering(entry)) {
      this.#parts.goOffline(entry, device.sinceEpochMs)
    }
  }

  vanished(device: DeviceKey, why: Vanishing): void {
    const { index, claims, store, writes } = this.#parts
    const entry = index.get(device.tenant, device.deviceId)
    if (entry === undefined || !entry.online) return
    // No registry was there to keep its lease alive. Whether it is gone is for its TTL to say.
    if (why === 'expired') writes.update(entry)
    else if (store.judges(device)) claims.claim(entry)
  }

  gone(device: DeviceKey): void {
    const { index, writes, feed } = this.#parts
    const entry = index.get(device.tenant, device.deviceId)
    if (entry === undefined || entry.online) return
    index.remove(entry)
    writes.settle(entry)
    feed.removed({ tenant: device.tenant, deviceId: device.deviceId })
  }

  claimed(device: DeviceKey): void {
    this.#parts.claims.told(device)
  }

  reached(): void {
    this.#parts.writes.retryNow()
  }

  ownersChanged(): void {
    this.#parts.writes.mayWriteMore()
    this.#parts.claims.takeOver()
  }
}
