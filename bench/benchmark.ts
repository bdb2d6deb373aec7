import type { Endings } from './endings.ts'

/** One measurement of ours and, taken right beside it, one of the peer. Both in the unit. */
export interface Sample {
  readonly value: number
  readonly peer: PeerFigure
}

/** A peer that could not be run here says why. */
export type PeerFigure = number | { readonly notRun: string }

/** A limit for the value itself, or for `value / peerValue`. */
interface Goal {
  readonly of: 'value' | 'ratio'
  readonly limit: number
}

interface Workplace {
  /** Samples that will be taken. */
  readonly runs: number
  /** Takes what has to be ended after the last sample, or when one fails. */
  readonly endings: Endings
}

/** A benchmark as data: what is measured, against what, and how good it should be. */
export interface Benchmark {
  readonly name: string
  readonly unit: 'ms' | '/s'
  readonly better: 'less' | 'more'
  /** null where the figure is printed and nothing is demanded of it. */
  readonly goal: Goal | null
  /** What it is compared with, in a few words. */
  readonly peer: string
  /**
   * Starts what the measurement needs and returns what takes one sample.
   * @throws where it can't be measured here; a slow figure is no reason to.
   */
  prepare(workplace: Workplace): Promise<() => Promise<Sample>>
}
