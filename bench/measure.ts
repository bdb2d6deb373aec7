/** How a figure came out over all samples. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Median, least and greatest of some figures; at least one. */
export function spreadOf(figures: readonly number[]): Spread {
  const sorted = figures.toSorted((one, other) => one - other)
  return {
    median: percentile(sorted, 50),
    min: percentile(sorted, 0),
    max: percentile(sorted, 100),
  }
}

/** The figure below which `percent` of them lie, between two neighbours where it falls there. */
export function percentile(figures: readonly number[], percent: number): number {
  const sorted = figures.toSorted((one, other) => one - other)
  const place = ((sorted.length - 1) * percent) / 100
  const below = sorted[Math.floor(place)]
  const above = sorted[Math.ceil(place)]
  if (below === undefined || above === undefined) throw new Error('There is nothing to measure.')
  return below + (above - below) * (place - Math.floor(place))
}

/** Milliseconds that `work` took. */
export async function millisecondsOf(work: () => unknown): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

/** How often a second `work` happened, where it happened `count` times in one go. */
export async function perSecond(count: number, work: () => unknown): Promise<number> {
  return (count * 1000) / (await millisecondsOf(work))
}
