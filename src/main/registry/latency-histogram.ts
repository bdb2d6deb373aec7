/** Upper ends of the buckets, in seconds. */
export const LATENCY_BOUNDS_S: readonly number[] = [
  0.000_01, 0.000_05, 0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5,
]

/** How long something took, as Prometheus counts it: a number for each bucket, and the sum. */
export class LatencyHistogram {
  readonly counts = new Float64Array(LATENCY_BOUNDS_S.length + 1)
  sumSeconds = 0

  get count(): number {
    return this.counts.reduce((all, each) => all + each, 0)
  }

  note(milliseconds: number): void {
    const seconds = milliseconds / 1000
    let bucket = 0
    while (seconds > (LATENCY_BOUNDS_S[bucket] ?? Infinity)) bucket += 1
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1
    this.sumSeconds += seconds
  }
}
