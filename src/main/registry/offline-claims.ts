import { messageOf } from '#shared/errors.ts'
import type { Logger } from '../log/logger.ts'
import type { Clock } from './clock.ts'
import type { DeviceEntry } from './device-entry.ts'
import type { LeftOffline, SharedStore } from './shared-store.ts'
import type { DeviceKey, StoredDevice } from './store.ts'

const BATCH = 100
const MAX_IN_FLIGHT = 4
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
  #queue: DeviceEntry[] = []
  readonly #claiming = new Map<DeviceEntry, Suspect>()
  /** Announced, and not noted yet. */
  #toNote: StoredDevice[] = []
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
    if (this.#toNote.length > 0) this.#note()
  }

  /** Notes what was announced, as far as that can be done at once. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#noting
  }

  #takeOver(left: LeftOffline): void {
    if (this.#toNote.some((device) => isSame(device, left))) return
    const entry = this.#parts.find(left)
    if (entry === undefined || entry.online) return
    if (!left.announced) this.#parts.announceOffline(left)
    this.#toNote.push(entry.toStored())
  }

  #next(): void {
    while (!this.#closed && this.#queue.length > 0 && this.#inFlight < MAX_IN_FLIGHT) {
      const batch = this.#queue.slice(0, BATCH)
      this.#queue = this.#queue.slice(BATCH)
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
    const offline = { sinceEpochMs: now, offlineAtEpochMs: now }
    const outcome = await store
      .claimOffline(entries.map((entry) => ({ ...entry.toStored(), ...offline })))
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
    this.#toNote.push(entry.toStored())
    this.#note()
  }

  #note(): void {
    this.#noting ??= this.#noteAll().finally(() => {
      this.#noting = undefined
      if (this.#toNote.length === 0 || this.#closed) return
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined
        this.#note()
      }, NOTE_RETRY_MS)
    })
  }

  async #noteAll(): Promise<void> {
    const { store, logger } = this.#parts
    try {
      while (this.#toNote.length > 0) {
        const batch = this.#toNote.slice(0, BATCH)
        await this.#parts.confirm()
        // Back meanwhile: its registration took the claim away.
        await store.markAnnounced(
          batch.filter((device) => this.#parts.find(device)?.online === false),
        )
        this.#toNote = this.#toNote.slice(batch.length)
      }
    } catch (error) {
      logger.debug('announced devices could not be noted', { why: messageOf(error) })
    }
  }
}

function isSame(one: DeviceKey, other: DeviceKey): boolean {
  return one.deviceId === other.deviceId && one.tenant === other.tenant
}
