import { seededRandom, type RandomSource } from '../random.ts'

const STEP_SECONDS = 1
/** After a long sleep of the machine, at most this much of it is made up for. */
const MAX_CATCH_UP_SECONDS = 6 * 60 * 60

/** Percent of moisture that dry air takes in a second, and how much of it varies. */
const DRYING_PER_SECOND = 0.02
const DRYING_VARIATION = 0.5
/** Percent that the pump gives in a second at normal intensity. */
const WATERING_PER_SECOND = 0.8

const DRIEST = 5
const WETTEST = 85

export type Intensity = 'gentle' | 'normal' | 'strong'

const INTENSITY_FACTOR: Readonly<Record<Intensity, number>> = { gentle: 0.5, normal: 1, strong: 2 }

export interface SoilOptions {
  readonly seed?: number
  readonly startMoisturePercent?: number
}

/** What the devices of a greenhouse share: its bed and its time. */
export interface GreenhouseWorld {
  readonly soil: Soil
  /** How much faster than the clock it lives. */
  readonly speed: number
  /** Seconds of the greenhouse since it began. */
  seconds(): number
}

/**
 * The bed of the greenhouse, which sensor and pump share: moisture falls by itself and rises while
 * it is watered. Time is the soil's own, in seconds from 0; the same seed gives the same course,
 * however often one looks.
 */
export class Soil {
  readonly #random: RandomSource
  #moisture: number
  #seconds = 0
  #wateredUntil = 0
  #intensity: Intensity = 'normal'

  constructor(options: SoilOptions = {}) {
    this.#random = seededRandom(options.seed ?? 1)
    this.#moisture = options.startMoisturePercent ?? 42
  }

  /** Moisture in percent at a time not before the last one that was asked for. */
  moistureAt(seconds: number): number {
    const target = Math.min(seconds, this.#seconds + MAX_CATCH_UP_SECONDS)
    while (this.#seconds + STEP_SECONDS <= target) this.#step()
    this.#seconds += Math.floor((seconds - this.#seconds) / STEP_SECONDS) * STEP_SECONDS
    return Math.round(this.#moisture * 10) / 10
  }

  /** Waters from `seconds` on, for so long; watering that is under way is replaced. */
  water(seconds: number, forSeconds: number, intensity: Intensity): void {
    this.moistureAt(seconds)
    this.#wateredUntil = seconds + forSeconds
    this.#intensity = intensity
  }

  #step(): void {
    this.#seconds += STEP_SECONDS
    const drying = DRYING_PER_SECOND * (1 + DRYING_VARIATION * (this.#random() * 2 - 1))
    const watering =
      this.#seconds <= this.#wateredUntil
        ? WATERING_PER_SECOND * INTENSITY_FACTOR[this.#intensity]
        : 0
    this.#moisture = bounded(this.#moisture + (watering - drying) * STEP_SECONDS)
  }
}

function bounded(percent: number): number {
  return Math.min(WETTEST, Math.max(DRIEST, percent))
}
