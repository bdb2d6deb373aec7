import type { DeviceEntry } from './device-entry.ts'

/** Samples of a device's clock that the median is taken of. */
const SAMPLES = 5
const MIDDLE = 2
const FIRST_SLOTS = 1024
/** A heartbeat that is later than this many usual pauses stands for missed ones. */
const LATE = 1.75
/** Devices that beat in bursts: shorter pauses than a thirtieth of the TTL are no rhythm. */
const SHORTEST_PAUSE = 30
/** A clock that wanders by less is not told anew. */
const SKEW_STEP_MS = 1000
const MAX_SKEW_MS = 2 ** 31 - 1

/** What is known of why a device is in its state; kept as a number, 100,000 times. */
export const HEARD = 0
export const REGISTERED = 1
export const RESTORED = 2
export const SILENT = 3
export const UNHEARD = 4

/** A device that went offline this often within the window comes and goes ("flaps"). */
const FLAPS = 3
export const FLAP_WINDOW_MS = 10 * 60_000

/**
 * What heartbeats tell of a device beyond its status: its rhythm, what it missed, how its clock
 * goes. Runs for nearly every message that the registry gets, so numbers stand in arrays of their
 * own, by the slot of the device, and nothing is allocated.
 */
export class BeatHistory {
  /** Nobody's pauses are measured from before this: the registry could not listen. */
  graceFromMs = 0
  #skews = new Int32Array(FIRST_SLOTS * SAMPLES)
  readonly #free: number[] = []
  #next = 0
  readonly #sorted = new Int32Array(SAMPLES)

  /** Gives a device its place. */
  add(entry: DeviceEntry): void {
    entry.slot = this.#free.pop() ?? this.#next++
    if (entry.slot * SAMPLES >= this.#skews.length) this.#grow()
  }

  /** Its place is free for another. */
  remove(entry: DeviceEntry): void {
    if (entry.slot < 0) return
    this.#free.push(entry.slot)
    entry.slot = -1
    entry.skewSamples = 0
  }

  /**
   * A heartbeat came; to be called before the entry's own times are moved.
   * @returns whether something changed that people look at
   */
  heard(entry: DeviceEntry, nowMs: number, wallMs: number): boolean {
    const worth = this.#noteRhythm(entry, nowMs)
    return this.#noteClock(entry, wallMs) || worth
  }

  /** It registered, which is a life sign but no heartbeat: pauses are measured from the next. */
  registered(entry: DeviceEntry, cameBack: boolean): void {
    if (cameBack) entry.reconnects += 1
    if (!entry.online) entry.missedBeats = 0
    entry.reason = REGISTERED
    entry.skewSamples = 0
  }

  /** It was declared offline. */
  wentOffline(entry: DeviceEntry, wallMs: number): void {
    entry.reason = entry.reason === RESTORED ? UNHEARD : SILENT
    // A clock that was set back leaves times that lie ahead: they say nothing any more.
    const drops = (entry.drops ?? []).filter((at) => at <= wallMs)
    drops.push(wallMs)
    entry.drops = drops.slice(-FLAPS)
    const [first = 0] = entry.drops
    const flaps = entry.drops.length === FLAPS && wallMs - first <= FLAP_WINDOW_MS
    // It stays marked until it dropped only once within the window: no mark that flaps itself.
    if (flaps || wallMs < entry.flappingUntilMs) {
      entry.flappingUntilMs = (entry.drops.at(-2) ?? wallMs) + FLAP_WINDOW_MS
    }
  }

  #noteRhythm(entry: DeviceEntry, nowMs: number): boolean {
    if (entry.reason !== HEARD) {
      entry.reason = HEARD
      return true
    }
    if (entry.lastBeatMs < this.graceFromMs) return false
    const pause = (nowMs - entry.lastBeatMs) | 0
    const usual = entry.beatMs
    if (usual === 0) {
      entry.beatMs = pause
      return false
    }
    const expected = Math.max(usual, (entry.facts.ttlSeconds * 1000) / SHORTEST_PAUSE)
    if (pause < expected * LATE) {
      entry.beatMs = usual + ((pause - usual) >> 3)
      return false
    }
    // Slowly, so that one gap is a gap; a device that changed its rhythm is understood in the end.
    entry.beatMs = usual + ((pause - usual) >> 5)
    entry.missedBeats += Math.round(pause / expected) - 1
    return true
  }

  #noteClock(entry: DeviceEntry, wallMs: number): boolean {
    const seconds = entry.deviceClockSeconds
    if (seconds <= 0) return false
    const skew = seconds * 1000 - wallMs
    const samples = entry.skewSamples
    this.#skews[entry.slot * SAMPLES + (samples % SAMPLES)] =
      skew > MAX_SKEW_MS ? MAX_SKEW_MS : skew < -MAX_SKEW_MS ? -MAX_SKEW_MS : skew
    entry.skewSamples = samples === 2 * SAMPLES - 1 ? SAMPLES : samples + 1
    if (samples >= SAMPLES && samples % SAMPLES !== 0) return false
    return this.#tell(entry)
  }

  #tell(entry: DeviceEntry): boolean {
    const median = this.#median(entry)
    const told = entry.skewMs
    if (entry.skewSamples > 1 && Math.abs(median - told) < SKEW_STEP_MS) return false
    entry.skewMs = median
    return Math.abs(median - told) >= SKEW_STEP_MS
  }

  #median(entry: DeviceEntry): number {
    const count = Math.min(entry.skewSamples, SAMPLES)
    const from = entry.slot * SAMPLES
    const sorted = this.#sorted
    for (let index = 0; index < count; index += 1) {
      const value = this.#skews[from + index] ?? 0
      let at = index
      for (; at > 0 && (sorted[at - 1] ?? 0) > value; at -= 1) sorted[at] = sorted[at - 1] ?? 0
      sorted[at] = value
    }
    return sorted[count === SAMPLES ? MIDDLE : count >> 1] ?? 0
  }

  #grow(): void {
    const skews = new Int32Array(this.#skews.length * 2)
    skews.set(this.#skews)
    this.#skews = skews
  }
}
