import { messageOf } from '#shared/errors.ts'
import type { Logger } from '../log/logger.ts'
import type { BeatHistory } from './beat-history.ts'
import type { Clock } from './clock.ts'
import type { RegistryCounters } from './counters.ts'
import type { DeviceEntry } from './device-entry.ts'

export const PRESENCE_TICK_MS = 250
/** Turns of the wheel that are not over before it comes round: about a minute. */
const SLOTS = 256
/** A tick that comes this late means that the process, or the whole machine, stood still. */
const SUSPENDED_MS = 1500
/** How often the server is asked whether it answers. */
const PROBE_EVERY_MS = 500
/** Devices declared offline before other work gets its turn. */
const SLICE = 500

export interface PresenceMonitorParts {
  readonly clock: Clock
  readonly counters: RegistryCounters
  /** Learns from when on pauses count. */
  readonly history: Pick<BeatHistory, 'graceFromMs'>
  readonly logger: Logger
  /**
   * Resolves once every message that the server had for us before the call has been handled.
   * Rejects where the connection is lost.
   */
  confirm(): Promise<void>
  /** Whether this registry may pass a verdict now; another may have to, or the store is away. */
  mayJudge(entry: DeviceEntry): boolean
  /** Called for each device whose TTL passed without a heartbeat; it is no longer watched then. */
  declareOffline(entry: DeviceEntry): void
}

/**
 * Finds out who has gone. Online devices sit in a wheel of time slots by their deadline; a
 * heartbeat only notes the time, and the slot, when its turn comes, sends those who beat meanwhile
 * round again. So the work a second is the fleet divided by its TTL, whatever the heartbeat rate.
 *
 * Nobody is declared offline on our own fault. After a pause of this process, of the connection, or
 * of the server, everybody has a whole TTL again; and before a verdict the server is asked whether it
 * still holds messages for us.
 */
export class PresenceMonitor {
  readonly #parts: PresenceMonitorParts
  readonly #slots: DeviceEntry[][] = Array.from({ length: SLOTS }, () => [])
  /** Nobody's TTL runs from before this. */
  #graceFromMs: number
  #turn = 0
  #turnAtMs: number
  #lastCheckMs: number
  #lastWallMs: number
  #connected = false
  #suspects: DeviceEntry[] = []
  #judging = false
  #probing = false
  #probedAtMs: number
  #lastDeclaredMs = Number.NEGATIVE_INFINITY
  #closed = false

  constructor(parts: PresenceMonitorParts) {
    this.#parts = parts
    this.#graceFromMs = parts.clock.monotonicMs()
    this.#turnAtMs = this.#graceFromMs
    this.#lastCheckMs = this.#graceFromMs
    this.#lastWallMs = parts.clock.epochMs()
    this.#probedAtMs = this.#graceFromMs
  }

  /** Watches a device that came online, or has a shorter TTL now. Watching it again is harmless. */
  watch(entry: DeviceEntry): void {
    const now = this.#parts.clock.monotonicMs()
    if (!entry.watched || this.#turnFor(entry, now) < entry.watchTurn) this.#place(entry, now)
  }

  /** The connection is up, or up again: what was missed meanwhile counts against nobody. */
  resume(): void {
    this.#connected = true
    this.#giveGrace(this.#parts.clock.monotonicMs())
  }

  /** The connection is down: no heartbeat can arrive. */
  pause(): void {
    this.#connected = false
  }

  close(): void {
    this.#closed = true
  }

  /** To be called every PRESENCE_TICK_MS. */
  check(): void {
    const now = this.#parts.clock.monotonicMs()
    this.#noticeSuspension(now)
    const due = this.#turnTo(now)
    if (!this.#connected) {
      for (const entry of due) this.#place(entry, now)
      return
    }
    if (!this.#probing && now - this.#probedAtMs >= PROBE_EVERY_MS) void this.#probe(now)
    for (const entry of due) {
      if (this.#deadlineOf(entry) > now) this.#place(entry, now)
      else this.#suspects.push(entry)
    }
    if (this.#suspects.length > 0 && !this.#judging) void this.#judge()
  }

  #noticeSuspension(now: number): void {
    // Linux stops the monotonic clock while a laptop sleeps; only the wall clock tells then.
    const wall = this.#parts.clock.epochMs()
    const late = Math.max(now - this.#lastCheckMs, wall - this.#lastWallMs) - PRESENCE_TICK_MS
    this.#lastCheckMs = now
    this.#lastWallMs = wall
    if (late >= SUSPENDED_MS) this.#stoodStill('the registry', late, now)
  }

  /**
   * A server that stood still has heartbeats before it that it has not read, and may answer a
   * verdict's question first.
   */
  async #probe(askedAtMs: number): Promise<void> {
    this.#probing = true
    this.#probedAtMs = askedAtMs
    try {
      await this.#parts.confirm()
      const now = this.#parts.clock.monotonicMs()
      const tookMs = now - askedAtMs
      // A standstill of our own is known already; and what we told of a whole fleet takes its time.
      const isKnown = Math.max(this.#graceFromMs, this.#lastDeclaredMs) >= askedAtMs
      if (tookMs >= SUSPENDED_MS && !isKnown) this.#stoodStill('the NATS server', tookMs, now)
    } catch {
      // The connection went; resume() will give everybody a TTL.
    } finally {
      this.#probing = false
    }
  }

  #stoodStill(who: string, forMs: number, now: number): void {
    this.#giveGrace(now)
    this.#parts.counters.gracePeriods += 1
    this.#parts.logger.info(`${who} stood still; every device gets a whole TTL`, {
      standstillMs: Math.round(forMs),
    })
  }

  #giveGrace(now: number): void {
    this.#graceFromMs = now
    this.#parts.history.graceFromMs = now
  }

  /** Empties the slots whose time has come and returns those still online. */
  #turnTo(now: number): DeviceEntry[] {
    const due: DeviceEntry[] = []
    for (let turns = 0; this.#turnAtMs + PRESENCE_TICK_MS <= now; turns += 1) {
      if (turns >= SLOTS) {
        this.#turnAtMs = now
        break
      }
      this.#turn += 1
      this.#turnAtMs += PRESENCE_TICK_MS
      const slot = this.#slots[this.#turn % SLOTS] ?? []
      if (slot.length === 0) continue
      this.#slots[this.#turn % SLOTS] = []
      for (const entry of slot) {
        // It was placed anew, at an earlier turn.
        if (entry.watchTurn !== this.#turn) continue
        entry.watched = entry.online
        if (entry.online) due.push(entry)
      }
    }
    return due
  }

  #place(entry: DeviceEntry, now: number): void {
    entry.watchTurn = this.#turnFor(entry, now)
    this.#slots[entry.watchTurn % SLOTS]?.push(entry)
    entry.watched = true
  }

  #turnFor(entry: DeviceEntry, now: number): number {
    const waitMs = this.#deadlineOf(entry) - now
    return this.#turn + Math.min(Math.max(Math.ceil(waitMs / PRESENCE_TICK_MS), 1), SLOTS - 1)
  }

  #deadlineOf(entry: DeviceEntry): number {
    return Math.max(entry.lastBeatMs, this.#graceFromMs) + entry.facts.ttlSeconds * 1000
  }

  async #judge(): Promise<void> {
    this.#judging = true
    const suspects = this.#suspects
    this.#suspects = []
    try {
      await this.#parts.confirm()
      await this.#passVerdicts(suspects)
    } catch (error) {
      // The connection went; resume() will give everybody a TTL.
      this.#parts.logger.debug('presence could not be confirmed', { why: messageOf(error) })
      this.#keep(suspects)
    } finally {
      this.#judging = false
    }
  }

  async #passVerdicts(suspects: readonly DeviceEntry[]): Promise<void> {
    for (let from = 0; from < suspects.length; from += SLICE) {
      const slice = suspects.slice(from, from + SLICE)
      if (this.#closed || !this.#connected) {
        this.#keep(suspects.slice(from))
        return
      }
      const now = this.#parts.clock.monotonicMs()
      for (const entry of slice) {
        entry.watched = false
        if (!entry.online) continue
        if (this.#deadlineOf(entry) > now || !this.#parts.mayJudge(entry)) this.#place(entry, now)
        else {
          this.#lastDeclaredMs = now
          this.#parts.declareOffline(entry)
        }
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #keep(suspects: readonly DeviceEntry[]): void {
    const now = this.#parts.clock.monotonicMs()
    for (const entry of suspects) {
      entry.watched = false
      if (entry.online) this.#place(entry, now)
    }
  }
}
