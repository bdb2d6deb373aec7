import type { DeviceEntry } from './device-entry.ts'
import { toFleetDevice } from './fleet-device.ts'
import type { FleetFeed } from './fleet-feed.ts'
import type { FleetMessage } from './sidecar-messages.ts'
import type { DeviceKey } from './store.ts'

const CHANGES_EVERY_MS = 100
const MAX_DEVICES_A_MESSAGE = 1000
const MAX_BEATS_A_MESSAGE = 4000

/**
 * What the console has to be told: first the snapshot in parts, then changes. One message is
 * under way at a time, the next goes when the console has taken it, and at most ten a second go;
 * meanwhile changes to one device fall together. So a console that stalls costs no memory beyond
 * the fleet itself, and one that is away misses nothing.
 */
export class FleetOutbox implements FleetFeed {
  readonly #send: (message: FleetMessage) => void
  readonly #changed = new Set<DeviceEntry>()
  readonly #removed = new Map<string, DeviceKey>()
  #beats: DeviceEntry[] = []
  #snapshot: IterableIterator<DeviceEntry> | undefined
  #sequence = 0
  #awaiting = false
  #open = false
  #timer: NodeJS.Timeout | undefined

  constructor(send: (message: FleetMessage) => void) {
    this.#send = send
  }

  /** Begins with the snapshot of these devices; what was reported before is part of it. */
  start(devices: IterableIterator<DeviceEntry>): void {
    this.#snapshot = devices
    this.#open = true
    this.#next()
  }

  close(): void {
    this.#open = false
    clearTimeout(this.#timer)
  }

  changed(entry: DeviceEntry): void {
    this.#removed.delete(keyOf(entry))
    this.#changed.add(entry)
    this.#schedule()
  }

  beat(entry: DeviceEntry): void {
    if (entry.beatQueued) return
    entry.beatQueued = true
    this.#beats.push(entry)
    this.#schedule()
  }

  removed({ tenant, deviceId }: DeviceKey): void {
    this.#removed.set(keyOf({ tenant, deviceId }), { tenant, deviceId })
    this.#schedule()
  }

  /** The console has taken the message with this sequence number. */
  received(sequence: number): void {
    if (sequence !== this.#sequence || !this.#awaiting) return
    this.#awaiting = false
    if (this.#snapshot !== undefined) this.#next()
    else if (this.#hasChanges()) this.#schedule()
  }

  #hasChanges(): boolean {
    return this.#changed.size > 0 || this.#removed.size > 0 || this.#beats.length > 0
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#awaiting || !this.#open) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#next()
    }, CHANGES_EVERY_MS)
  }

  #next(): void {
    if (this.#awaiting || !this.#open) return
    const snapshot = this.#snapshot
    if (snapshot === undefined && !this.#hasChanges()) return
    this.#sequence += 1
    this.#awaiting = true
    this.#send(snapshot === undefined ? this.#takeChanges() : this.#takeSnapshotPart(snapshot))
  }

  #takeSnapshotPart(snapshot: IterableIterator<DeviceEntry>): FleetMessage {
    const devices = []
    let last = false
    while (devices.length < MAX_DEVICES_A_MESSAGE) {
      const { value, done } = snapshot.next()
      if (done === true) {
        last = true
        break
      }
      devices.push(toFleetDevice(value))
    }
    const first = this.#sequence === 1
    if (last) this.#snapshot = undefined
    return { type: 'snapshot', sequence: this.#sequence, first, last, devices }
  }

  #takeChanges(): FleetMessage {
    const upserted = []
    for (const entry of this.#changed) {
      if (upserted.length >= MAX_DEVICES_A_MESSAGE) break
      this.#changed.delete(entry)
      if (!entry.removed) upserted.push(toFleetDevice(entry))
    }
    const beating = this.#beats.slice(0, MAX_BEATS_A_MESSAGE)
    this.#beats = this.#beats.slice(MAX_BEATS_A_MESSAGE)
    const beats: [string, string, number][] = []
    for (const entry of beating) {
      entry.beatQueued = false
      if (!entry.removed) beats.push([entry.tenant, entry.deviceId, entry.lastSeenEpochMs])
    }
    const removed = [...this.#removed.values()]
    this.#removed.clear()
    return { type: 'changes', sequence: this.#sequence, upserted, removed, beats }
  }
}

function keyOf(key: DeviceKey): string {
  return `${key.tenant}.${key.deviceId}`
}
