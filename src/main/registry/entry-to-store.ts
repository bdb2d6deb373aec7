import type { DeviceEntry } from './device-entry.ts'
import { presenceText } from './presence-text.ts'
import type { DeviceToStore } from './store.ts'

/** A device in memory as a store takes it: nothing is copied that the store does not ask for. */
export class EntryToStore implements DeviceToStore {
  readonly tenant: string
  readonly deviceId: string
  readonly #entry: DeviceEntry

  constructor(entry: DeviceEntry) {
    this.tenant = entry.tenant
    this.deviceId = entry.deviceId
    this.#entry = entry
  }

  get document(): string {
    return this.#entry.document
  }

  get status(): string {
    return this.#entry.status
  }

  get sinceEpochMs(): number {
    return this.#entry.sinceEpochMs
  }

  get lastSeenEpochMs(): number | null {
    const { lastSeenEpochMs } = this.#entry
    return lastSeenEpochMs === 0 ? null : lastSeenEpochMs
  }

  get offlineAtEpochMs(): number | null {
    return this.#entry.online ? null : this.#entry.sinceEpochMs
  }

  get presence(): string | null {
    return presenceText(this.#entry)
  }

  get ttlSeconds(): number {
    return this.#entry.facts.ttlSeconds
  }

  recordBytes(): number {
    return this.#entry.recordBytes()
  }

  writeRecord(target: Buffer, at: number): number {
    return this.#entry.writeRecord(target, at)
  }
}
