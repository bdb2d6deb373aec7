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

/** What is observed of one device; its fields are numbers that the heartbeat path writes to. */
export interface Beating {
  readonly online: boolean
  readonly facts: { readonly ttlSeconds: number }
  /** Its place in the history; -1 until it has one. */
  slot: number
  /** Why it is in its state: HEARD and so on. */
  reason: number
  /** Its last heartbeat on the clock that its pauses are measured with. */
  readonly lastBeatMs: number
  /** Its usual pause between heartbeats in milliseconds; 0 until two came. */
  beatMs: number
  /** Heartbeats that did not come since it was online last. */
  missedBeats: number
  /** Times that it came back. */
  reconnects: number
  /** Its own clock at its last heartbeat, in epoch seconds; 0 where it tells none. */
  readonly deviceClockSeconds: number
  /** Its clock less ours in milliseconds, median of the last samples. */
  skewMs: number
  /** How many samples of its clock there are, at most twice as many as are kept. */
  skewSamples: number
  /** When it went offline the last three times, epoch milliseconds; most never do. */
  drops: number[] | undefined
  /** Until when it is said to come and go; 0 where it does not. */
  flappingUntilMs: number
}

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
  add(entry: Beating): void {
    entry.slot = this.#free.pop() ?? this.#next++
    if (entry.slot * SAMPLES >= this.#skews.length) this.#grow()
  }

  /** Its place is free for another. */
  remove(entry: Beating): void {
    if (entry.slot < 0) return
    this.#free.push(entry.slot)
    entry.slot = -1
    entry.skewSamples = 0
  }

  /**
   * A heartbeat came; to be called before the entry's own times are moved.
   * @returns whether something changed that people look at
   */
  heard(entry: Beating, nowMs: number, wallMs: number): boolean {
    const worth = this.#noteRhythm(entry, nowMs)
    return this.#noteClock(entry, wallMs) || worth
  }

  /** It registered, which is a life sign but no heartbeat: pauses are measured from the next. */
  registered(entry: Beating, cameBack: boolean): void {
    if (cameBack) entry.reconnects += 1
    if (!entry.online) entry.missedBeats = 0
    entry.reason = REGISTERED
    entry.skewSamples = 0
  }

  /** It was declared offline. */
  wentOffline(entry: Beating, wallMs: number): void {
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

  #noteRhythm(entry: Beating, nowMs: number): boolean {
    if (entry.reason !== HEARD) {
      entry.reason = HEARD
      return true
    }
    if (entry.lastBeatMs < this.graceFromMs) return false
    const pause = (nowMs - entry.lastBeatMs) | 0
    const usual = entry.beatMs
    if (usual === 0) {
      entry.beatMs = pause
      return pause > 0
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

  #noteClock(entry: Beating, wallMs: number): boolean {
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

  #tell(entry: Beating): boolean {
    const median = this.#median(entry)
    const told = entry.skewMs
    if (entry.skewSamples > 1 && Math.abs(median - told) < SKEW_STEP_MS) return false
    entry.skewMs = median
    return Math.abs(median - told) >= SKEW_STEP_MS
  }

  #median(entry: Beating): number {
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
