import { counted } from '../../../lib/counted.ts'
import type { IsolationState } from '../hooks/use-isolation.ts'
import { isOver, runWords, VERDICTS } from '../isolation-words.ts'
import { StateMark } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import styles from './isolation-screen.module.css'

interface ReportListProps {
  readonly state: IsolationState
  readonly shown: { readonly type: string; readonly id?: string }
  readonly onReport: (id: string) => void
  readonly onRun: () => void
}

/** The proof under way and the reports so far. */
export function ReportList({ state, shown, onReport, onRun }: ReportListProps) {
  const { run, reports } = state
  const active = run !== null && !isOver(run) ? run : null
  return (
    <nav className={styles.side} aria-label="Proofs">
      {active !== null && (
        <>
          <h2 className={styles.sideTitle}>Under way</h2>
          <ul className={styles.reports}>
            <li>
              <button
                type="button"
                className={styles.report}
                aria-current={shown.type === 'run'}
                onClick={onRun}
              >
                <StateMark tone="busy" word={counted(active.tenants.length, 'tenant')} />
                <span className={styles.reportDetail}>{runWords(active)}</span>
              </button>
            </li>
          </ul>
        </>
      )}
      <h2 className={styles.sideTitle}>Reports</h2>
      {reports.length === 0 && <p className={styles.none}>None yet.</p>}
      <ul className={styles.reports}>
        {reports.map(({ id, verdict, endedAt, tenants, signed }) => (
          <li key={id}>
            <button
              type="button"
              className={styles.report}
              aria-current={shown.type === 'report' && shown.id === id}
              onClick={() => onReport(id)}
            >
              <StateMark tone={VERDICTS[verdict].tone} word={VERDICTS[verdict].word} />
              <span className={styles.reportDetail}>
                <TimeText at={endedAt} />
                <span>· {counted(tenants, 'tenant')}</span>
                {!signed && <span>· unsigned</span>}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </nav>
  )
}
