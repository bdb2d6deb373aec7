import type { CellState, IsolationReport } from '#shared/contract/isolation.ts'
import { stateOf } from '#shared/isolation-report.ts'
import { escapeHtml as text } from './escape-html.ts'

/** Colour never stands alone. */
const MARKS: Readonly<Record<'passed' | 'failed' | 'inconclusive' | 'self', string>> = {
  passed: '✓',
  failed: '✕',
  inconclusive: '?',
  self: '·',
}

/** Attackers by victims. */
export function matrixSection({ tenants, pairs }: IsolationReport): string {
  const states = new Map(pairs.map((pair) => [`${pair.attacker} ${pair.victim}`, stateOf(pair)]))
  const columns = tenants
    .map(({ name }, index) => `<th class="col" scope="col" title="${text(name)}">${index + 1}</th>`)
    .join('')
  const rows = tenants.map(({ name, isolation }, index) => {
    const cells = tenants.map(({ name: victim }) =>
      cell(name, victim, name === victim ? 'self' : states.get(`${name} ${victim}`)),
    )
    const note = isolation === 'shared' ? ' <span class="muted">(shared account)</span>' : ''
    return `<tr><th scope="row"><span class="no">${index + 1}</span> ${text(name)}${note}</th>${cells.join('')}</tr>`
  })
  return `<h2>Who tried whom</h2>
<p>Each row is a tenant that attacks, each column the tenant of that number that it attacks.</p>
<div class="scroll"><table class="matrix"><thead><tr><th></th>${columns}</tr></thead><tbody>
${rows.join('\n')}
</tbody></table></div>
<div class="legend">${legend('passed', 'nothing crossed')}${legend('failed', 'something crossed')}${legend('inconclusive', 'could not be judged')}${legend('self', 'the tenant itself')}</div>`
}

function cell(attacker: string, victim: string, state: CellState | undefined): string {
  const shown =
    state === 'passed' || state === 'failed' || state === 'self' ? state : 'inconclusive'
  const title = shown === 'self' ? attacker : `${attacker} against ${victim}: ${shown}`
  return `<td class="${shown}" title="${text(title)}">${MARKS[shown]}</td>`
}

function legend(state: keyof typeof MARKS, words: string): string {
  return `<span><span class="key ${state}">${MARKS[state]}</span>${text(words)}</span>`
}
