import type { Endings } from './endings.ts'

/** One measurement of ours and, taken right beside it, one of the peer. Both in the unit. */
export interface Reading {
  readonly value: number
  readonly peer: PeerFigure
}

export interface Sample extends Reading {
  /** What else came of the same work, by the names of `Benchmark.further`. */
  readonly further?: Readonly<Record<string, Reading>>
}

/** A peer that could not be run here says why; null where nothing is compared. */
export type PeerFigure = number | { readonly notRun: string } | null

/** A limit for the value itself, or for `value / peerValue`. */
interface Goal {
  readonly of: 'value' | 'ratio'
  readonly limit: number
}

export interface Workplace {
  /** Samples that will be taken. */
  readonly runs: number
  /** Peers that take many minutes are run as well. */
  readonly full: boolean
  /** Takes what has to be ended after the last sample, or when one fails. */
  readonly endings: Endings
}

/** A row as data: what is measured, against what, and how good it should be. */
export interface Figure {
  readonly name: string
  readonly unit: 'ms' | '/s' | 'MB' | 'MB/s' | '%' | 'events' | 'writes' | 'exponent'
  readonly better: 'less' | 'more'
  /** null where the figure is printed and nothing is demanded of it. */
  readonly goal: Goal | null
  /** What it is compared with, in a few words. */
  readonly peer: string
}

export interface Benchmark extends Figure {
  /** Rows that the same work fills. */
  readonly further?: readonly Figure[]
  /**
   * More samples than these take too long but for `--full`, which takes further ones on a new site;
   * as many as asked for unless told.
   */
  readonly mostRuns?: number
  /**
   * Starts what the measurement needs and returns what takes one sample.
   * @throws where it can't be measured here; a slow figure is no reason to.
   */
  prepare(workplace: Workplace): Promise<() => Promise<Sample>>
}
