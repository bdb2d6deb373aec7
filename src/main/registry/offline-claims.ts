import { messageOf } from '#shared/errors.ts'
import type { Logger } from '../log/logger.ts'
import type { Clock } from './clock.ts'
import type { DeviceEntry } from './device-entry.ts'
import { EntryToStore } from './entry-to-store.ts'
import type { LeftOffline, SharedStore } from './shared-store.ts'
import type { DeviceKey } from './store.ts'

/** A batch is one transaction; etcd takes 20,000 claims a second this way. */
const BATCH = 60
const MAX_IN_FLIGHT = 8
const NOTES = 100
/** Soon, for what is not noted may be announced again; but devices that are to be declared offline go first. */
const NOTE_AFTER_MS = 20
const NOTE_RETRY_MS = 1000

export interface OfflineClaimsParts {
  readonly store: SharedStore
  readonly logger: Logger
  readonly clock: Clock
  find(device: DeviceKey): DeviceEntry | undefined
  /** It is offline since then: in memory, and for the console. */
  goOffline(entry: DeviceEntry, sinceEpochMs: number): void
  /** Whether its registration is on its way to the store: what is claimed meanwhile would come to life again. */
  isBeingWritten(entry: DeviceEntry): boolean
  /** It is watched again. */
  watch(entry: DeviceEntry): void
  announceOffline(device: DeviceKey): void
  /** Resolves once the mesh has all that was announced. */
  confirm(): Promise<void>
}

/** A device whose TTL passed. */
interface Suspect {
  /** A registration sets others. */
  readonly facts: DeviceEntry['facts']
  /** The store told by itself that the claim went through. */
  told: boolean
}

/**
 * Declares devices offline where several registries share a store: claims them there, so that one
 * registry only announces each, announces them, and notes that it did. A registry that dies in
 * between leaves the claim, and another announces it.
 */
export class OfflineClaims {
  readonly #parts: OfflineClaimsParts
  readonly #queue: DeviceEntry[] = []
  readonly #claiming = new Map<DeviceEntry, Suspect>()
  /** Announced, and not noted yet. */
  readonly #toNote = new Set<DeviceEntry>()
  #inFlight = 0
  #noting: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(parts: OfflineClaimsParts) {
    this.#parts = parts
  }

  /** Its TTL passed. It stays online until the store has the claim. */
  claim(entry: DeviceEntry): void {
    if (this.#claiming.has(entry)) return
    if (this.#parts.isBeingWritten(entry)) {
      this.#parts.watch(entry)
      return
    }
    this.#claiming.set(entry, { facts: entry.facts, told: false })
    this.#queue.push(entry)
    if (this.#queue.length === 1) setImmediate(() => this.#next())
  }

  /** The store tells that it has a claim of ours, which may have seemed to fail. */
  told(device: DeviceKey): void {
    const entry = this.#parts.find(device)
    if (entry === undefined) return
    const suspect = this.#claiming.get(entry)
    if (suspect !== undefined) suspect.told = true
    else if (entry.online) this.#claimed(entry, this.#parts.clock.epochMs())
  }

  /** Announces what registries that died had claimed and not announced. */
  takeOver(): void {
    if (this.#closed) return
    for (const left of this.#parts.store.leftUnannounced()) this.#takeOver(left)
    if (this.#toNote.size > 0) this.#noteLater(NOTE_AFTER_MS)
  }

  /** Notes what was announced, as far as that can be done at once. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#noting
    await this.#noteAll()
  }

  #takeOver(left: LeftOffline): void {
    const entry = this.#parts.find(left)
    if (entry === undefined || entry.online || this.#toNote.has(entry)) return
    if (!left.announced) this.#parts.announceOffline(left)
    this.#toNote.add(entry)
  }

  #next(): void {
    while (!this.#closed && this.#queue.length > 0 && this.#inFlight < MAX_IN_FLIGHT) {
      const batch = this.#queue.splice(0, BATCH)
      this.#inFlight += 1
      void this.#claimAll(batch).finally(() => {
        this.#inFlight -= 1
        this.#next()
      })
    }
  }

  async #claimAll(entries: readonly DeviceEntry[]): Promise<void> {
    const { store, clock, logger } = this.#parts
    const now = clock.epochMs()
    const outcome = await store
      .claimOffline(entries.map((entry) => claimOf(entry, now)))
      .catch((error: unknown) => {
        logger.debug('devices could not be declared offline', { why: messageOf(error) })
      })
    for (const [index, entry] of entries.entries()) {
      const suspect = this.#claiming.get(entry)
      this.#claiming.delete(entry)
      const claimed = outcome?.[index] === true || suspect?.told === true
      // Registered anew while the claim was under way: then it is back, whatever was claimed.
      const sameAsBefore = suspect?.facts === entry.facts
      if (entry.removed || !entry.online) continue
      if (claimed && sameAsBefore) this.#claimed(entry, now)
      else this.#parts.watch(entry)
    }
  }

  #claimed(entry: DeviceEntry, now: number): void {
    this.#parts.goOffline(entry, now)
    this.#parts.announceOffline(entry)
    this.#toNote.add(entry)
    this.#noteLater(NOTE_AFTER_MS)
  }

  #noteLater(afterMs: number): void {
    if (this.#closed || this.#noting !== undefined) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#noting = this.#noteAll().finally(() => {
        this.#noting = undefined
        if (this.#toNote.size > 0) this.#noteLater(NOTE_RETRY_MS)
      })
    }, afterMs)
  }

  async #noteAll(): Promise<void> {
    const { store, logger } = this.#parts
    try {
      while (this.#toNote.size > 0 && (this.#closed || this.#claiming.size === 0)) {
        const batch = firstOf(this.#toNote, NOTES)
        await this.#parts.confirm()
        // Back meanwhile: its registration took the claim away.
        const offline = batch.filter((entry) => !entry.online && !entry.removed)
        await store.markAnnounced(offline.map((entry) => new EntryToStore(entry)))
        for (const entry of batch) this.#toNote.delete(entry)
      }
    } catch (error) {
      logger.debug('announced devices could not be noted', { why: messageOf(error) })
    }
  }
}

function claimOf({ tenant, deviceId, lastSeenEpochMs: seen }: DeviceEntry, now: number) {
  return { tenant, deviceId, sinceEpochMs: now, lastSeenEpochMs: seen === 0 ? null : seen }
}

function firstOf<T>(things: Iterable<T>, most: number): T[] {
  const first: T[] = []
  for (const thing of things) {
    first.push(thing)
    if (first.length >= most) break
  }
  return first
}
