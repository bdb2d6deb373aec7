import { Button } from '@mantine/core'
import { CHECK_AREAS } from '#shared/check-areas.ts'
import type { Finding, FindingAction } from '#shared/contract/doctor.ts'
import { StateMark } from '../../../ui/state-mark.tsx'
import { ACTION_WORDS, SEVERITY, SEVERITY_ORDER } from '../doctor-words.ts'
import styles from './doctor.module.css'

interface FindingListProps {
  readonly findings: readonly Finding[]
  readonly onAction: (action: FindingAction) => void
}

/** Everything that was looked at: what speaks against it first, what is in order last. */
export function FindingList({ findings, onAction }: FindingListProps) {
  const ordered = SEVERITY_ORDER.flatMap((severity) =>
    findings.filter((finding) => finding.severity === severity),
  )
  return (
    <ul className={styles.findings} aria-label="Findings">
      {ordered.map((finding, index) => (
        <li
          key={`${finding.code}-${index}`}
          className={styles.finding}
          data-severity={finding.severity}
        >
          <span className={styles.area}>{CHECK_AREAS[finding.area]}</span>
          <div className={styles.findingText}>
            <div className={styles.findingHead}>
              <strong>
                <bdi>{finding.title}</bdi>
              </strong>
              <StateMark {...SEVERITY[finding.severity]} />
            </div>
            <bdi className="m-muted">{finding.meaning}</bdi>
            {finding.advice !== '' && <p className={styles.advice}>{finding.advice}</p>}
            {finding.action !== null && (
              <ActionButton action={finding.action} onAction={onAction} />
            )}
          </div>
        </li>
      ))}
    </ul>
  )
}

function ActionButton({
  action,
  onAction,
}: {
  action: FindingAction
  onAction: (action: FindingAction) => void
}) {
  return (
    <div>
      <Button size="xs" variant="default" onClick={() => onAction(action)}>
        {ACTION_WORDS[action.type]}
      </Button>
    </div>
  )
}
