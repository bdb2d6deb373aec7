import type { Benchmark, Figure, Reading, Sample } from './benchmark.ts'
import { spreadOf, type Spread } from './measure.ts'

/** What came of a benchmark. */
export type Outcome =
  | { readonly benchmark: Benchmark; readonly samples: readonly Sample[] }
  /** It could not be measured. */
  | { readonly benchmark: Benchmark; readonly failure: string }

/** A line of `--json`. Figures are in `unit`; `goal` limits what `goalOf` names. */
export interface Result {
  readonly name: string
  readonly value: number | null
  readonly unit: string
  readonly peer: string
  readonly peerValue: number | null
  /** `value / peerValue`, whichever of the two is the better one. */
  readonly ratio: number | null
  readonly goal: number | null
  /** Whether the goal is met; null without a goal or a figure. */
  readonly ok: boolean | null
  readonly goalOf: 'value' | 'ratio' | null
  readonly better: 'less' | 'more'
  readonly min: number | null
  readonly max: number | null
  readonly peerMin: number | null
  readonly peerMax: number | null
  readonly runs: number
  /** Why the peer, or the whole of it, could not be run. */
  readonly reason?: string
}

/** Medians of the samples, and how they stand to the goal: a line for each figure. */
export function resultsOf(outcome: Outcome): Result[] {
  const { benchmark } = outcome
  const samples = 'samples' in outcome ? outcome.samples : []
  const failure = 'failure' in outcome ? outcome.failure : undefined
  const own = resultOf(benchmark, samples, failure)
  const rest = (benchmark.further ?? []).map((figure) => {
    const readings = samples.flatMap(({ further }) => further?.[figure.name] ?? [])
    return resultOf(figure, readings, failure)
  })
  return [own, ...rest]
}

function resultOf(
  figure: Figure,
  readings: readonly Reading[],
  failure: string | undefined,
): Result {
  const { name, unit, peer, goal, better } = figure
  const values = readings.length === 0 ? undefined : spreadOf(readings.map(({ value }) => value))
  const peers = peerSpread(readings)
  const ratio =
    values === undefined || peers === undefined ? null : significant(values.median / peers.median)
  const reason = failure ?? silenceOf(readings)
  const value = significantOrNull(values?.median)
  return {
    name,
    value,
    unit,
    peer,
    peerValue: significantOrNull(peers?.median),
    ratio,
    goal: goal?.limit ?? null,
    ok: isMet(figure, value, ratio),
    goalOf: goal?.of ?? null,
    better,
    min: significantOrNull(values?.min),
    max: significantOrNull(values?.max),
    peerMin: significantOrNull(peers?.min),
    peerMax: significantOrNull(peers?.max),
    runs: readings.length,
    ...(reason === undefined ? {} : { reason }),
  }
}

const COLUMNS = [36, 14, 19, 12, 8, 14, 6] as const

/** The head of the table. */
export function tableHead(): string {
  return row(['benchmark', 'median', 'min … max', 'peer', 'ratio', 'goal', ''])
}

/** A row of the table, and what is to be said about it below. */
export function tableRow(result: Result): string {
  const { name, unit, value, min, max, peerValue, ratio, ok, reason } = result
  const line = row([
    name,
    value === null ? 'not run' : `${shown(value)} ${unit}`,
    min === null || max === null ? '' : `${shown(min)} … ${shown(max)}`,
    peerValue === null ? '' : `${shown(peerValue)} ${unit}`,
    ratio === null ? '' : `${shown(ratio)}x`,
    goalText(result),
    ok === null ? '' : ok ? 'ok' : 'missed',
  ])
  return reason === undefined ? line : `${line}\n  ${reason.split('\n')[0]}`
}

function row(cells: readonly string[]): string {
  const padded = cells.map((cell, index) => {
    const width = COLUMNS[index] ?? 0
    return index === 0 || index === cells.length - 1 ? cell.padEnd(width) : cell.padStart(width)
  })
  return padded.join(' ').trimEnd()
}

function goalText({ goal, goalOf, better, unit }: Result): string {
  if (goal === null) return ''
  const sign = better === 'less' ? '≤' : '≥'
  return `${sign} ${shown(goal)}${goalOf === 'ratio' ? 'x' : ` ${unit}`}`
}

function isMet(
  { goal, better }: Figure,
  value: number | null,
  ratio: number | null,
): boolean | null {
  const judged = goal?.of === 'ratio' ? ratio : value
  if (goal === null || judged === null) return null
  return better === 'less' ? judged <= goal.limit : judged >= goal.limit
}

function peerSpread(readings: readonly Reading[]): Spread | undefined {
  const figures = readings.flatMap(({ peer }) => (typeof peer === 'number' ? [peer] : []))
  return figures.length === 0 ? undefined : spreadOf(figures)
}

function silenceOf(readings: readonly Reading[]): string | undefined {
  const [silent] = readings.flatMap(({ peer }) =>
    peer === null || typeof peer === 'number' ? [] : [peer],
  )
  return silent === undefined ? undefined : `The peer was not run: ${silent.notRun}`
}

function significantOrNull(value: number | undefined): number | null {
  return value === undefined ? null : significant(value)
}

function significant(value: number): number {
  return Number(value.toPrecision(4))
}

function shown(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en-US')
  return String(Number(value.toPrecision(3)))
}
