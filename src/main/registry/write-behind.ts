import { messageOf } from '#shared/errors.ts'
import type { Logger } from '../log/logger.ts'
import { CLEAN, PUT_PENDING, UPDATE_PENDING, type DeviceEntry } from './device-entry.ts'
import type { DeviceKey, RegistryStore, StoreChange } from './store.ts'

const FLUSH_AFTER_MS = 200
/** A batch of SQLite rows blocks the event loop; 1,000 take about 10 ms. */
const MAX_BATCH = 1000
const RETRY_MIN_MS = 1000
const RETRY_MAX_MS = 10_000
const COMPLAIN_EVERY_MS = 60_000

export interface WriteCounters {
  /** Rows written to the store. */
  storeRows: number
  storeBatches: number
  storeFailures: number
}

/**
 * Collects what changed and writes it in batches: a device that changes ten times within 200 ms is
 * written once. What the store refuses (disk full) stays here and is tried again.
 */
export class WriteBehind {
  readonly counters: WriteCounters = { storeRows: 0, storeBatches: 0, storeFailures: 0 }
  readonly #store: RegistryStore
  readonly #logger: Logger
  readonly #dirty = new Set<DeviceEntry>()
  readonly #removed = new Map<string, DeviceKey>()
  readonly #closing = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #closed = false
  #running: Promise<void> | undefined
  #retryMs = RETRY_MIN_MS
  #complainAt = 0

  constructor(store: RegistryStore, logger: Logger) {
    this.#store = store
    this.#logger = logger
  }

  /** Devices that the store does not have as they are. */
  get backlog(): number {
    return this.#dirty.size + this.#removed.size
  }

  /** The device registered: all of it is written. */
  put(entry: DeviceEntry): void {
    this.#removed.delete(keyOf(entry))
    this.#mark(entry, PUT_PENDING)
  }

  /** Its status or state changed, its document did not. */
  update(entry: DeviceEntry): void {
    this.#mark(entry, UPDATE_PENDING)
  }

  remove(entry: DeviceEntry): void {
    entry.pendingWrite = CLEAN
    this.#dirty.delete(entry)
    this.#removed.set(keyOf(entry), { tenant: entry.tenant, deviceId: entry.deviceId })
    this.#schedule(FLUSH_AFTER_MS)
  }

  /** Writes what is pending now, and stops after the first failure. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#running
    while (this.backlog > 0 && (await this.#writeBatch()));
    this.#closing.abort()
  }

  #mark(entry: DeviceEntry, pending: number): void {
    if (entry.pendingWrite < pending) entry.pendingWrite = pending
    this.#dirty.add(entry)
    this.#schedule(FLUSH_AFTER_MS)
  }

  #schedule(afterMs: number): void {
    if (this.#closed || this.#timer !== undefined || this.#running !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#running = this.#writeBatch().then((written) => {
        this.#running = undefined
        // More than one batch waits: let messages in between, then go on.
        if (this.backlog > 0) this.#schedule(this.#pauseAfter(written))
      })
    }, afterMs)
  }

  #pauseAfter(written: boolean): number {
    if (!written) return this.#retryMs
    return this.backlog >= MAX_BATCH ? 0 : FLUSH_AFTER_MS
  }

  async #writeBatch(): Promise<boolean> {
    const removed = [...this.#removed.values()].slice(0, MAX_BATCH)
    const entries: DeviceEntry[] = []
    for (const entry of this.#dirty) {
      if (removed.length + entries.length >= MAX_BATCH) break
      entries.push(entry)
    }
    const pendings = entries.map((entry) => entry.pendingWrite)
    const changes: StoreChange[] = removed.map((device) => ({ kind: 'remove', device }))
    for (const entry of entries) {
      const kind = entry.pendingWrite === PUT_PENDING ? 'put' : 'update'
      changes.push({ kind, device: entry.toStored() })
      entry.pendingWrite = CLEAN
      this.#dirty.delete(entry)
    }
    for (const device of removed) this.#removed.delete(keyOf(device))
    try {
      await this.#store.write(changes, this.#closing.signal)
      this.counters.storeRows += changes.length
      this.counters.storeBatches += 1
      this.#retryMs = RETRY_MIN_MS
      return true
    } catch (error) {
      this.#takeBack(entries, pendings, removed)
      this.#complain(error)
      this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS)
      return false
    }
  }

  #takeBack(
    entries: readonly DeviceEntry[],
    pendings: readonly number[],
    removed: readonly DeviceKey[],
  ): void {
    for (const device of removed) this.#removed.set(keyOf(device), device)
    for (const [index, entry] of entries.entries()) {
      // Forgotten while the write was under way: its removal is pending, not its state.
      if (entry.removed) continue
      entry.pendingWrite = Math.max(entry.pendingWrite, pendings[index] ?? PUT_PENDING)
      this.#dirty.add(entry)
    }
  }

  #complain(error: unknown): void {
    this.counters.storeFailures += 1
    const now = performance.now()
    if (now < this.#complainAt) return
    this.#complainAt = now + COMPLAIN_EVERY_MS
    this.#logger.error('devices could not be saved; trying again', {
      error,
      why: messageOf(error),
      waiting: this.backlog,
    })
  }
}

function keyOf(key: DeviceKey): string {
  return `${key.tenant}.${key.deviceId}`
}
