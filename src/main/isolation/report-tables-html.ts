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

/** What the accounts share by their own claims; a word where that is nothing. */
export function declaredSection({ declared }: IsolationReport): string {
  const title = '<h2>What the accounts are set up to share</h2>'
  if (declared === null) {
    return `${title}<p>The accounts could not be read from the server, so it is not known.</p>`
  }
  if (declared.length === 0) {
    return `${title}<p>Nothing but what the registry needs: no account takes anything from that of another tenant.</p>`
  }
  const rows = declared.map(
    ({ into, from, type, subject, localSubject }) =>
      `<tr><td>${text(from)} → ${text(into)}</td><td>${text(type)}</td><td><code>${text(subject)}</code>${localSubject === null ? '' : `<small>there: <code>${text(localSubject)}</code></small>`}</td></tr>`,
  )
  return `${title}
<p>By imports in the accounts’ own claims, as the server has them. Whoever made these did open the border: it has to be meant.</p>
<table class="rows"><thead><tr><th scope="col">From → into</th><th scope="col">As</th><th scope="col">Subject</th></tr></thead><tbody>
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
  return `<h2>What must work</h2>
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
