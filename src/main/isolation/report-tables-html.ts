import type { IsolationReport, ProbeId, ProbeOutcome } from '#shared/contract/isolation.ts'
import { escapeHtml as text } from './escape-html.ts'

const COLUMNS: readonly (readonly [ProbeOutcome, string])[] = [
  ['refused', 'Refused'],
  ['held', 'Held'],
  ['crossed', 'Crossed'],
  ['inconclusive', 'Unclear'],
  ['not-applicable', 'N/A'],
]

/** Every kind of probe: what it tried, what must happen, and how often what did. */
export function probesSection(report: IsolationReport): string {
  const rows = report.probes.map(({ id, title, tries, expected, severity }) => {
    const tally = tallyOf(report, id)
    const numbers = COLUMNS.map(([outcome]) => number(tally.get(outcome) ?? 0)).join('')
    return `<tr><td><b>${text(title)}</b> <span class="tag ${severity}">${text(severity)}</span><small>${text(tries)}</small><small>Must: ${text(expected)}</small></td>${numbers}</tr>`
  })
  const heads = COLUMNS.map(([, name]) => `<th class="n" scope="col">${text(name)}</th>`).join('')
  return `<h2>What was tried</h2>
<p>Every probe is tried with the permissions of a device of the attacking tenant and, where the tenant has an account of its own, once more by a client with every permission in that account. Refused: the server said no. Held: it could be tried and reached nobody, while what must arrive did.</p>
<table class="rows"><thead><tr><th scope="col">Probe</th>${heads}</tr></thead><tbody>
${rows.join('\n')}
</tbody></table>`
}

/** What must work, and how often it did. */
export function controlsSection({ tenants, controls }: IsolationReport): string {
  if (controls.length === 0) return ''
  const titles = [...new Set(controls.map(({ title }) => title))]
  const total = (title: string) => {
    const ofTitle = controls.filter((control) => control.title === title)
    const worked = ofTitle.reduce((sum, control) => sum + control.worked, 0)
    const tried = ofTitle.reduce((sum, control) => sum + control.tried, 0)
    const lacking = ofTitle.filter((control) => control.worked < control.tried)
    const names = lacking.map(({ tenant }) => tenant).join(', ')
    return `<tr><td>${text(title)}${lacking.length === 0 ? '' : `<small>Not always in: ${text(names)}</small>`}</td>${number(worked)}${number(tried)}</tr>`
  }
  return `<h2>What must work, and did</h2>
<p>A probe that sees nothing proves nothing unless there was something to see. So in every round each tenant that is attacked talks and is talked to, in all ${tenants.length} tenants:</p>
<table class="rows"><thead><tr><th scope="col">In the tenant that is attacked</th><th class="n" scope="col">Worked</th><th class="n" scope="col">Tried</th></tr></thead><tbody>
${titles.map(total).join('\n')}
</tbody></table>`
}

function tallyOf({ pairs }: IsolationReport, probe: ProbeId): ReadonlyMap<ProbeOutcome, number> {
  const tally = new Map<ProbeOutcome, number>()
  for (const { device, unrestricted } of pairs) {
    for (const outcome of [device[probe], unrestricted?.[probe]]) {
      if (outcome !== undefined) tally.set(outcome, (tally.get(outcome) ?? 0) + 1)
    }
  }
  return tally
}

function number(value: number): string {
  return `<td class="n${value === 0 ? ' zero' : ''}">${value.toLocaleString('en-US')}</td>`
}
