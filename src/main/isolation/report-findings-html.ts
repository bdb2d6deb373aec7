import type { IsolationReport, ProofFinding } from '#shared/contract/isolation.ts'
import { groupFindings, type FindingGroup } from '#shared/isolation-report.ts'
import { escapeHtml as text } from './escape-html.ts'

/** On paper nobody reads more of the same; the matrix and the data hold all. */
const SHOWN_PAIRS = 60

const TITLES: Readonly<Record<ProofFinding['kind'], string>> = {
  crossed: 'What crossed',
  inconclusive: 'What could not be judged',
  weak: 'What only the account’s border held',
}

/** What an auditor has to know of tenants that share an account; nothing where none do. */
export function sharedSection({ tenants, findings }: IsolationReport): string {
  const shared = tenants.filter(({ isolation }) => isolation === 'shared')
  if (shared.length === 0) return ''
  const names = new Set(shared.map(({ name }) => name))
  const leaks = findings.filter(
    ({ kind, attacker, victim }) => kind === 'crossed' && names.has(attacker) && names.has(victim),
  )
  const seen =
    leaks.length === 0
      ? 'Nothing was seen to cross between them in this proof.'
      : `In this proof ${leaks.length} probes got through between them.`
  return `<h2>Separated by permissions only</h2>
<div class="note"><p>${text([...names].join(', '))} ${shared.length === 1 ? 'lives' : 'live'} in a shared account. Only the permissions of each credential separate such tenants: on <code>_INBOX.&gt;</code>, which they have in common, a client of one can read the replies that another gets, and answer in place of others. ${text(seen)}</p>
<p>A tenant with an account of its own does not have this weakness.</p></div>`
}

/** Everything that was found, the worst first. */
export function findingsSection(report: IsolationReport): string {
  const groups = groupFindings(report)
  const sections = (['crossed', 'inconclusive', 'weak'] as const).map((kind) => {
    const ofKind = groups.filter((group) => group.kind === kind)
    if (ofKind.length === 0) return ''
    return `<h2>${text(TITLES[kind])}</h2>\n${ofKind.map(groupBlock).join('\n')}`
  })
  const { findingsOmitted } = report
  const rest =
    findingsOmitted === 0
      ? ''
      : `<p class="muted">${text(`${findingsOmitted} more findings are not listed; the matrix counts them.`)}</p>`
  return sections.join('\n') + rest
}

function groupBlock({ kind, probe, text: words, evidence, pairs }: FindingGroup): string {
  const severity =
    kind === 'crossed' && probe !== undefined
      ? `<span class="tag ${probe.severity}">${text(probe.severity)}</span>`
      : ''
  const title = kind === 'inconclusive' ? words : (probe?.title ?? '')
  const seen = evidence.map(
    ({ action, saw }) => `<li><code>${text(action)}</code>: ${text(saw)}</li>`,
  )
  const example = pairs.length > 1 && kind !== 'inconclusive' ? 'For example: ' : ''
  return `<div class="finding"><h3>${severity}${text(title)} <span class="muted">${pairs.length === 1 ? '1 pair' : `${pairs.length} pairs`}</span></h3>
${kind === 'inconclusive' ? '' : `<div>${text(example + words)}</div>`}${seen.length === 0 ? '' : `<ul>${seen.join('')}</ul>`}
<div class="pairs">${text(pairList(pairs))}</div></div>`
}

function pairList(pairs: readonly string[]): string {
  const left = pairs.length - SHOWN_PAIRS
  const shown = pairs.slice(0, SHOWN_PAIRS).join(', ')
  return left > 0 ? `${shown} and ${left} more` : shown
}
