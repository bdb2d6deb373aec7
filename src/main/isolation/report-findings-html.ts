import type { IsolationReport, ProofFinding } from '#shared/contract/isolation.ts'
import { escapeHtml as text } from './escape-html.ts'

/** On paper nobody reads more of the same; the data holds all. */
const SHOWN_FINDINGS = 200

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
  const { findings, findingsOmitted } = report
  if (findings.length === 0) return ''
  const shown = findings.slice(0, SHOWN_FINDINGS)
  const left = findings.length - shown.length + findingsOmitted
  const sections = (['crossed', 'inconclusive', 'weak'] as const).map((kind) => {
    const ofKind = shown.filter((finding) => finding.kind === kind)
    if (ofKind.length === 0) return ''
    return `<h2>${text(TITLES[kind])}</h2>\n${ofKind.map((one) => findingBlock(report, one)).join('\n')}`
  })
  const rest =
    left === 0
      ? ''
      : `<p class="muted">${text(`${left} more findings of these kinds are not listed here; the matrix counts them.`)}</p>`
  return sections.join('\n') + rest
}

function findingBlock({ probes }: IsolationReport, finding: ProofFinding): string {
  const probe = probes.find(({ id }) => id === finding.probe)
  const severity =
    finding.kind === 'crossed' && probe !== undefined
      ? `<span class="tag ${probe.severity}">${text(probe.severity)}</span>`
      : ''
  const evidence = finding.evidence.map(
    ({ action, saw }) => `<li><code>${text(action)}</code>: ${text(saw)}</li>`,
  )
  return `<div class="finding"><h3>${severity}${text(`${finding.attacker} → ${finding.victim}: ${probe?.title ?? finding.probe}`)}</h3>
<div>${text(finding.text)}</div>${evidence.length === 0 ? '' : `<ul>${evidence.join('')}</ul>`}</div>`
}
