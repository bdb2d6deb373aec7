import { z } from 'zod'
import type { SeenDevice } from '../shared-store.ts'
import type { EtcdClient, EtcdWrite } from './etcd-client.ts'
import type { EtcdKeys } from './etcd-keys.ts'

/** Devices in one note, so that it stays well below what etcd takes in a request. */
const DEVICES_OF_NOTE = 4000
/** A fleet that was switched off for longer has other worries. */
const KEPT_SECONDS = 7 * 24 * 3600

const Note = z.array(z.tuple([z.string(), z.string(), z.number(), z.number()]))

/**
 * When devices were seen last, which records have no place for: noted when a registry stops in good
 * order, and read by those that start. While it runs etcd is told nothing of that.
 */
export class SeenNotes {
  readonly #keys: EtcdKeys
  readonly #client: EtcdClient
  readonly #known = new Map<string, SeenDevice>()
  /** Keys of the notes that there are. */
  readonly #there = new Set<string>()

  constructor(client: EtcdClient, keys: EtcdKeys) {
    this.#client = client
    this.#keys = keys
  }

  /** Reads a note; false for a key that is none. One that makes no sense is nothing to stop for. */
  take(key: string, value: Buffer): boolean {
    if (!key.startsWith(this.#keys.seen)) return false
    this.#there.add(key)
    for (const [tenant, deviceId, lastSeenEpochMs, sinceEpochMs] of read(value)) {
      const record = this.#keys.record({ tenant, deviceId })
      const before = this.#known.get(record)?.lastSeenEpochMs ?? 0
      if (lastSeenEpochMs <= before) continue
      this.#known.set(record, { tenant, deviceId, lastSeenEpochMs, sinceEpochMs })
    }
    return true
  }

  /** What was noted of the device of a record. */
  of(recordKey: string): SeenDevice | undefined {
    return this.#known.get(recordKey)
  }

  /** Every record was looked at: what comes now is newer than any note. */
  forget(): void {
    this.#known.clear()
  }

  /** Notes these, in the place of what was noted before. */
  async write(devices: readonly SeenDevice[], by: string): Promise<void> {
    const old = [...this.#there]
    this.#there.clear()
    if (devices.length > 0) {
      const { id: lease } = await this.#client.grantLease(KEPT_SECONDS)
      for (let from = 0; from < devices.length; from += DEVICES_OF_NOTE) {
        const rows = devices
          .slice(from, from + DEVICES_OF_NOTE)
          .map((it) => [it.tenant, it.deviceId, it.lastSeenEpochMs, it.sinceEpochMs])
        const key = `${this.#keys.seen}${by}/${from}`
        await this.#commit({ kind: 'put', key, value: JSON.stringify(rows), lease })
        this.#there.add(key)
      }
    }
    for (const key of old) await this.#commit({ kind: 'delete', key })
  }

  async #commit(write: EtcdWrite): Promise<void> {
    await this.#client.commit([{ guards: [], writes: [write] }])
  }
}

function read(value: Buffer): z.infer<typeof Note> {
  try {
    return Note.parse(JSON.parse(value.toString()))
  } catch {
    return []
  }
}
