import { messageOf } from '#shared/errors.ts'
import type { Logger } from '../log/logger.ts'
import { CLEAN, PUT_PENDING, UPDATE_PENDING, type DeviceEntry } from './device-entry.ts'
import { EntryToStore } from './entry-to-store.ts'
import { SaveWaiters, type SaveWaiter } from './save-waiters.ts'
import type { DeviceKey, RegistryStore, StoreChange, StorePace } from './store.ts'

const RETRY_MIN_MS = 1000
const RETRY_MAX_MS = 10_000
const COMPLAIN_EVERY_MS = 60_000

export interface WriteCounters {
  /** Rows written to the store. */
  storeRows: number
  storeBatches: number
  storeFailures: number
  /** Changes that met somebody else's, and are tried again. */
  storeConflicts: number
}

interface Batch {
  readonly removed: readonly DeviceKey[]
  readonly entries: readonly DeviceEntry[]
  readonly pendings: readonly number[]
  readonly changes: readonly StoreChange[]
  /** Who waits for a registration in it. */
  readonly waiters: readonly (SaveWaiter | undefined)[]
}

/**
 * Collects what changed and writes it in batches, at the pace of the store: a device that changes
 * ten times in that time is written once. What the store refuses (disk full, server away) stays here
 * and is tried again.
 */
export class WriteBehind {
  readonly counters: WriteCounters = {
    storeRows: 0,
    storeBatches: 0,
    storeFailures: 0,
    storeConflicts: 0,
  }
  readonly #store: RegistryStore
  readonly #pace: StorePace
  readonly #logger: Logger
  readonly #mayWrite: (entry: DeviceEntry) => boolean
  readonly #registered = new Set<DeviceEntry>()
  /** Changed since the present pass began. */
  readonly #changed = new Set<DeviceEntry>()
  /** What the present pass still has to write. */
  readonly #pass = new Set<DeviceEntry>()
  readonly #removed = new Map<string, DeviceKey>()
  /** In a batch that is under way. */
  readonly #writing = new Set<DeviceEntry>()
  readonly #waiters = new SaveWaiters()
  readonly #batches = new Set<Promise<boolean>>()
  readonly #closing = new AbortController()
  #registrationsTimer: NodeJS.Timeout | undefined
  #statusTimer: NodeJS.Timeout | undefined
  #retryTimer: NodeJS.Timeout | undefined
  /** Their time has come. */
  #registrationsDue = false
  #closed = false
  #retryMs = RETRY_MIN_MS
  #complainAt = 0
  #failingSinceMs: number | undefined

  /**
   * @param mayWrite false for devices whose status another registry writes; what changed is kept
   *   until that is told to be written, or this one may
   */
  constructor(
    store: RegistryStore,
    logger: Logger,
    mayWrite: (entry: DeviceEntry) => boolean = () => true,
  ) {
    this.#store = store
    this.#pace = store.pace
    this.#logger = logger
    this.#mayWrite = mayWrite
  }

  /** Whether a device that registers is told so only once that is written. */
  get confirms(): boolean {
    return this.#pace.confirmsWritten
  }

  /** Devices that the store does not have as they are. */
  get backlog(): number {
    return this.#registered.size + this.#changed.size + this.#pass.size + this.#removed.size
  }

  /** How long nothing could be written; 0 while that works, or there was nothing to write. */
  get failingForMs(): number {
    return this.#failingSinceMs === undefined ? 0 : performance.now() - this.#failingSinceMs
  }

  /** The device registered: all of it is written. */
  put(entry: DeviceEntry): void {
    this.#removed.delete(keyOf(entry))
    this.#forgetChange(entry)
    this.#registered.add(entry)
    entry.pendingWrite = PUT_PENDING
    this.#scheduleRegistrations()
  }

  /** Its status or state changed, its document did not. */
  update(entry: DeviceEntry): void {
    if (entry.pendingWrite !== CLEAN) return
    entry.pendingWrite = UPDATE_PENDING
    this.#changed.add(entry)
    this.#scheduleStatus()
  }

  remove(entry: DeviceEntry): void {
    this.settle(entry)
    this.#removed.set(keyOf(entry), { tenant: entry.tenant, deviceId: entry.deviceId })
    this.#scheduleRegistrations()
  }

  /** The store has the device as it is, or somebody else's word on it counts. */
  settle(entry: DeviceEntry): void {
    entry.pendingWrite = CLEAN
    this.#registered.delete(entry)
    this.#forgetChange(entry)
    this.#waiters.release(this.#waiters.take(entry))
  }

  /** Whether it registered here, and the store does not have that yet. */
  isRegistering(entry: DeviceEntry): boolean {
    return entry.pendingWrite === PUT_PENDING
  }

  /** Whether a registration of it waits, or something of it is under way. */
  isBeingWritten(entry: DeviceEntry): boolean {
    return this.isRegistering(entry) || this.#writing.has(entry)
  }

  /**
   * Resolves once the registration that was put last is written; at once where the store is away,
   * since a device must not wait for that.
   */
  saved(entry: DeviceEntry): Promise<void> {
    if (entry.pendingWrite !== PUT_PENDING || this.#retryTimer !== undefined) return DONE
    return this.#waiters.wait(entry)
  }

  /** Some devices may be written from now on that might not before. */
  mayWriteMore(): void {
    if (this.#changed.size > 0) this.#scheduleStatus()
  }

  /** Writes what is pending now, and stops after the first failure. */
  async close(): Promise<void> {
    this.#closed = true
    for (const timer of [this.#registrationsTimer, this.#statusTimer, this.#retryTimer]) {
      clearTimeout(timer)
    }
    await Promise.all(this.#batches)
    await Promise.all(Array.from({ length: this.#pace.maxInFlight }, () => this.#writeOut()))
    if (this.#failingSinceMs !== undefined && this.backlog > 0) {
      this.#logger.error(
        'the registry stops with devices that could not be saved; what is missing comes with their next heartbeats',
        { devices: this.backlog },
      )
    }
    this.#closing.abort()
    this.#waiters.close()
  }

  /** Batch after batch, until there is nothing left to write or the store does not take it. */
  async #writeOut(): Promise<void> {
    const failuresBefore = this.counters.storeFailures
    while (this.counters.storeFailures === failuresBefore) {
      this.#registrationsDue = true
      this.#beginPass()
      const batch = this.#take()
      if (batch === undefined) return
      await this.#write(batch)
    }
  }

  #scheduleRegistrations(): void {
    if (this.#closed || this.#registrationsDue) return
    this.#registrationsTimer ??= setTimeout(() => {
      this.#registrationsTimer = undefined
      this.#registrationsDue = true
      this.#pump()
    }, this.#pace.registrationsAfterMs)
  }

  #scheduleStatus(): void {
    if (this.#closed || this.#pass.size > 0) return
    this.#statusTimer ??= setTimeout(() => {
      this.#statusTimer = undefined
      this.#beginPass()
      this.#pump()
    }, this.#pace.statusAfterMs)
  }

  /**
   * What changed up to now is written, what changes meanwhile in the next pass: of devices that all
   * change all the time each is written once a pass, and the store has its pause between them.
   */
  #beginPass(): void {
    for (const entry of this.#changed) this.#pass.add(entry)
    this.#changed.clear()
  }

  #forgetChange(entry: DeviceEntry): void {
    this.#changed.delete(entry)
    this.#pass.delete(entry)
  }

  #pump(): void {
    if (this.#closed || this.#retryTimer !== undefined) return
    while (this.#batches.size < this.#pace.maxInFlight) {
      const batch = this.#take()
      if (batch === undefined) return
      const running = this.#write(batch)
      this.#batches.add(running)
      void running.then((written) => {
        this.#batches.delete(running)
        // Messages come in between; what was in the batch and changed meanwhile is due again.
        if (!written) this.#retryLater()
        else if (this.#registered.size + this.#removed.size > 0) this.#scheduleRegistrations()
        if (this.#changed.size > 0) this.#scheduleStatus()
        if (this.#registrationsDue || this.#pass.size > 0) setImmediate(() => this.#pump())
      })
    }
  }

  /** The store is known to answer: what waits for a next try need not wait any longer. */
  retryNow(): void {
    if (this.#retryTimer === undefined) return
    clearTimeout(this.#retryTimer)
    this.#retryTimer = undefined
    this.#registrationsDue = true
    this.#beginPass()
    this.#pump()
  }

  #retryLater(): void {
    this.#retryTimer ??= setTimeout(() => this.retryNow(), this.#retryMs)
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS)
    this.#waiters.releaseAll()
  }

  /** What is due and not under way, as much as goes into one batch. */
  #take(): Batch | undefined {
    const { maxBatch } = this.#pace
    const removed: DeviceKey[] = []
    const entries: DeviceEntry[] = []
    const full = () => removed.length + entries.length >= maxBatch
    if (this.#registrationsDue) {
      for (const [key, device] of this.#removed) {
        if (full()) break
        this.#removed.delete(key)
        removed.push(device)
      }
      for (const entry of this.#registered) {
        if (full()) break
        if (!this.#writing.has(entry)) entries.push(entry)
      }
      this.#registrationsDue = full()
    }
    for (const entry of this.#pass) {
      if (full()) break
      this.#pass.delete(entry)
      if (this.#writing.has(entry) || !this.#mayWrite(entry)) this.#changed.add(entry)
      else entries.push(entry)
    }
    if (removed.length + entries.length === 0) return undefined
    return this.#begin(removed, entries)
  }

  #begin(removed: readonly DeviceKey[], entries: readonly DeviceEntry[]): Batch {
    const pendings = entries.map((entry) => entry.pendingWrite)
    const waiters = entries.map((entry) => this.#waiters.take(entry))
    const changes: StoreChange[] = removed.map((device) => ({ kind: 'remove', device }))
    for (const entry of entries) {
      const kind = entry.pendingWrite === PUT_PENDING ? 'put' : 'update'
      changes.push({ kind, device: new EntryToStore(entry) })
      entry.pendingWrite = CLEAN
      this.#registered.delete(entry)
      this.#writing.add(entry)
    }
    return { removed, entries, pendings, changes, waiters }
  }

  async #write(batch: Batch): Promise<boolean> {
    const { changes, entries, removed, waiters } = batch
    try {
      const refused = await this.#store.write(changes, this.#closing.signal)
      for (const entry of entries) this.#writing.delete(entry)
      for (const change of refused) this.#again(entries[changes.indexOf(change) - removed.length])
      for (const waiter of waiters) this.#waiters.release(waiter)
      this.counters.storeRows += changes.length - refused.length
      this.counters.storeBatches += 1
      this.counters.storeConflicts += refused.length
      this.#retryMs = RETRY_MIN_MS
      this.#failingSinceMs = undefined
      return true
    } catch (error) {
      for (const entry of entries) this.#writing.delete(entry)
      for (const waiter of waiters) this.#waiters.release(waiter)
      this.#takeBack(batch)
      this.#complain(error)
      return false
    }
  }

  #again(entry: DeviceEntry | undefined): void {
    if (entry === undefined || entry.removed || !entry.online) return
    this.update(entry)
  }

  #takeBack({ removed, entries, pendings }: Batch): void {
    for (const device of removed) this.#removed.set(keyOf(device), device)
    for (const [index, entry] of entries.entries()) {
      // Forgotten while the write was under way: its removal is pending, not its state.
      if (entry.removed) continue
      if (pendings[index] === PUT_PENDING || entry.pendingWrite === PUT_PENDING) this.put(entry)
      else this.update(entry)
    }
  }

  #complain(error: unknown): void {
    this.counters.storeFailures += 1
    const now = performance.now()
    this.#failingSinceMs ??= now
    if (now < this.#complainAt) return
    this.#complainAt = now + COMPLAIN_EVERY_MS
    this.#logger.error('devices could not be saved; trying again', {
      error,
      why: messageOf(error),
      waiting: this.backlog,
    })
  }
}

const DONE = Promise.resolve()

function keyOf(key: DeviceKey): string {
  return `${key.tenant}.${key.deviceId}`
}
