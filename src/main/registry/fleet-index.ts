import type { BeatHistory } from './beat-history.ts'
import type { DeviceEntry } from './device-entry.ts'
import { TenantIndex } from './tenant-index.ts'
import { TenantMeters } from './tenant-meters.ts'

/**
 * Every known device in memory: by the subject of its heartbeat, which is how messages name it,
 * and per tenant the online ones, in key order and by what they are looked for.
 */
export class FleetIndex {
  readonly #root: string
  readonly #history: BeatHistory
  readonly #bySubject = new Map<string, DeviceEntry>()
  readonly #tenants = new Map<string, TenantIndex>()
  readonly #known = new Map<string, number>()
  /** What each tenant has sent of late. */
  readonly meters = new TenantMeters()
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

  /** Devices of a tenant that are known, online and offline. */
  knownOf(tenant: string): number {
    return this.#known.get(tenant) ?? 0
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
    entry.meter = this.meters.of(entry.tenant)
    this.#known.set(entry.tenant, this.knownOf(entry.tenant) + 1)
    this.#bySubject.set(this.#subjectOf(entry.tenant, entry.deviceId), entry)
  }

  remove(entry: DeviceEntry): void {
    this.setOnline(entry, false)
    entry.removed = true
    entry.releaseTexts()
    this.#history.remove(entry)
    this.#known.set(entry.tenant, this.knownOf(entry.tenant) - 1)
    this.#bySubject.delete(this.#subjectOf(entry.tenant, entry.deviceId))
  }

  /** Puts a device into its tenant's listing or takes it out. */
  setOnline(entry: DeviceEntry, online: boolean): void {
    if (entry.online === online) return
    entry.online = online
    this.#online += online ? 1 : -1
    let tenant = this.#tenants.get(entry.tenant)
    if (tenant === undefined) {
      tenant = new TenantIndex()
      this.#tenants.set(entry.tenant, tenant)
    }
    tenant.turned(entry)
  }

  /** To be called where facts of a device, or of its status, were set while it is online. */
  changed(entry: DeviceEntry): void {
    this.#tenants.get(entry.tenant)?.changed(entry)
  }

  /** What is kept of a tenant's online devices; undefined where it never had one. */
  tenant(name: string): TenantIndex | undefined {
    return this.#tenants.get(name)
  }

  /** The tenants that had a device online. */
  tenants(): IterableIterator<[string, TenantIndex]> {
    return this.#tenants.entries()
  }

  /** The online devices of a tenant in key order. Valid until the next change; not to be changed. */
  onlineOf(tenant: string): readonly DeviceEntry[] {
    return this.#tenants.get(tenant)?.all() ?? []
  }

  /** Every known device, in no order. */
  all(): IterableIterator<DeviceEntry> {
    return this.#bySubject.values()
  }

  #subjectOf(tenant: string, deviceId: string): string {
    return `${this.#root}.${tenant}.${deviceId}.heartbeat`
  }
}
