import { useState } from 'react'
import { Button } from '@mantine/core'
import type { IsolationReport, ProofFinding } from '#shared/contract/isolation.ts'
import { count, FINDING_TITLES, SEVERITIES } from '../isolation-words.ts'
import styles from './isolation-screen.module.css'

const SHOWN_AT_FIRST = 20

/** What was found, the worst first; nothing where nothing was. */
export function FindingList({ report }: { report: IsolationReport }) {
  return (
    <>
      {(['crossed', 'inconclusive', 'weak'] as const).map((kind) => (
        <FindingsOfKind key={kind} report={report} kind={kind} />
      ))}
    </>
  )
}

function FindingsOfKind({ report, kind }: { report: IsolationReport; kind: ProofFinding['kind'] }) {
  const [all, setAll] = useState(false)
  const findings = report.findings.filter((finding) => finding.kind === kind)
  if (findings.length === 0) return null
  const shown = all ? findings : findings.slice(0, SHOWN_AT_FIRST)
  return (
    <section className={styles.block}>
      <h2>
        {FINDING_TITLES[kind]} ({findings.length})
      </h2>
      {shown.map((finding) => (
        <Finding
          key={`${finding.attacker} ${finding.victim} ${finding.probe} ${finding.as}`}
          report={report}
          finding={finding}
        />
      ))}
      {shown.length < findings.length && (
        <Button variant="default" mt="xs" onClick={() => setAll(true)}>
          Show the other {count(findings.length - shown.length, 'finding')}
        </Button>
      )}
    </section>
  )
}

function Finding({ report, finding }: { report: IsolationReport; finding: ProofFinding }) {
  const probe = report.probes.find(({ id }) => id === finding.probe)
  return (
    <article className={styles.finding}>
      <div className={styles.findingHead}>
        {finding.kind === 'crossed' && probe !== undefined && (
          <span className={styles.severity} data-severity={probe.severity}>
            {SEVERITIES[probe.severity]}
          </span>
        )}
        <bdi>
          {finding.attacker} → {finding.victim}
        </bdi>
        <span>{probe?.title ?? finding.probe}</span>
      </div>
      <p>{finding.text}</p>
      {finding.evidence.length > 0 && (
        <ul className={styles.evidence}>
          {finding.evidence.map(({ action, saw }) => (
            <li key={action}>
              <code>{action}</code>: {saw}
            </li>
          ))}
        </ul>
      )}
    </article>
  )
}
