import type { IsolationReport, ProbeId, ProbeOutcome } from '#shared/contract/isolation.ts'

/** How often each probe had each outcome, over all pairs and both kinds of attacker. */
export function outcomeTally({
  pairs,
}: IsolationReport): ReadonlyMap<ProbeId, ReadonlyMap<ProbeOutcome, number>> {
  const tally = new Map<ProbeId, Map<ProbeOutcome, number>>()
  for (const { device, unrestricted } of pairs) {
    for (const outcomes of [device, unrestricted ?? {}]) {
      for (const [probe, outcome] of Object.entries(outcomes)) {
        const ofProbe = tally.get(probe as ProbeId) ?? new Map<ProbeOutcome, number>()
        tally.set(probe as ProbeId, ofProbe.set(outcome, (ofProbe.get(outcome) ?? 0) + 1))
      }
    }
  }
  return tally
}

export interface ControlTotal {
  readonly title: string
  readonly worked: number
  readonly tried: number
  /** Tenants in which it did not always work. */
  readonly lacking: readonly string[]
}

/** Each control over all tenants. */
export function controlTotals({ controls }: IsolationReport): ControlTotal[] {
  const titles = [...new Set(controls.map(({ title }) => title))]
  return titles.map((title) => {
    const ofTitle = controls.filter((control) => control.title === title)
    return {
      title,
      worked: ofTitle.reduce((sum, { worked }) => sum + worked, 0),
      tried: ofTitle.reduce((sum, { tried }) => sum + tried, 0),
      lacking: ofTitle.flatMap(({ tenant, worked, tried }) => (worked < tried ? tenant : [])),
    }
  })
}
