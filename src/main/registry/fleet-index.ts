import type { BeatHistory } from './beat-history.ts'
import { byCodePoint } from './code-point-order.ts'
import type { DeviceEntry } from './device-entry.ts'

/**
 * Every known device in memory: by the subject of its heartbeat, which is how messages name it,
 * and per tenant the online ones in key order, which is how discovery shows them.
 */
export class FleetIndex {
  readonly #root: string
  readonly #history: BeatHistory
  readonly #bySubject = new Map<string, DeviceEntry>()
  readonly #listings = new Map<string, TenantListing>()
  #online = 0

  /**
   * @param subjectRoot root token of the dialect
   * @param history gives each device that is known its place
   */
  constructor(subjectRoot: string, history: BeatHistory) {
    this.#root = subjectRoot
    this.#history = history
  }

  get size(): number {
    return this.#bySubject.size
  }

  get onlineCount(): number {
    return this.#online
  }

  /** The device whose heartbeats have this subject. */
  bySubject(subject: string): DeviceEntry | undefined {
    return this.#bySubject.get(subject)
  }

  get(tenant: string, deviceId: string): DeviceEntry | undefined {
    return this.#bySubject.get(this.#subjectOf(tenant, deviceId))
  }

  add(entry: DeviceEntry): void {
    this.#history.add(entry)
    this.#bySubject.set(this.#subjectOf(entry.tenant, entry.deviceId), entry)
  }

  remove(entry: DeviceEntry): void {
    this.setOnline(entry, false)
    entry.removed = true
    this.#history.remove(entry)
    this.#bySubject.delete(this.#subjectOf(entry.tenant, entry.deviceId))
  }

  /** Puts a device into its tenant's listing or takes it out. */
  setOnline(entry: DeviceEntry, online: boolean): void {
    if (entry.online === online) return
    entry.online = online
    this.#online += online ? 1 : -1
    let listing = this.#listings.get(entry.tenant)
    if (listing === undefined) {
      listing = new TenantListing()
      this.#listings.set(entry.tenant, listing)
    }
    listing.changed(entry)
  }

  /** The online devices of a tenant in key order. Valid until the next change; not to be changed. */
  onlineOf(tenant: string): readonly DeviceEntry[] {
    return this.#listings.get(tenant)?.inOrder() ?? []
  }

  /** Every known device, in no order. */
  all(): IterableIterator<DeviceEntry> {
    return this.#bySubject.values()
  }

  #subjectOf(tenant: string, deviceId: string): string {
    return `${this.#root}.${tenant}.${deviceId}.heartbeat`
  }
}

/**
 * A list kept in order without sorting at each change: what came is sorted and merged, what went
 * is left out, when somebody looks.
 */
class TenantListing {
  #ordered: DeviceEntry[] = []
  #added: DeviceEntry[] = []
  #shrunk = false

  changed(entry: DeviceEntry): void {
    if (!entry.online) {
      this.#shrunk = true
    } else if (!entry.listed) {
      entry.listed = true
      this.#added.push(entry)
    }
  }

  inOrder(): readonly DeviceEntry[] {
    if (this.#shrunk) {
      this.#ordered = this.#ordered.filter(stillOnline)
      this.#added = this.#added.filter(stillOnline)
      this.#shrunk = false
    }
    if (this.#added.length > 0) {
      this.#ordered = merge(this.#ordered, this.#added.sort(byDeviceId))
      this.#added = []
    }
    return this.#ordered
  }
}

function stillOnline(entry: DeviceEntry): boolean {
  if (!entry.online) entry.listed = false
  return entry.online
}

function byDeviceId(a: DeviceEntry, b: DeviceEntry): number {
  return byCodePoint(a.deviceId, b.deviceId)
}

function merge(left: readonly DeviceEntry[], right: readonly DeviceEntry[]): DeviceEntry[] {
  const merged: DeviceEntry[] = []
  let next = 0
  for (const entry of left) {
    for (let other = right[next]; other !== undefined; other = right[next]) {
      if (byDeviceId(other, entry) > 0) break
      merged.push(other)
      next += 1
    }
    merged.push(entry)
  }
  return next === 0 ? merged.concat(right) : merged.concat(right.slice(next))
}
