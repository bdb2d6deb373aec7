import { Button, Progress } from '@mantine/core'
import { counted } from '../../../lib/counted.ts'
import { useRenewals } from '../../../lib/live/renewals.ts'
import { StateMark } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { endedOf, isOpen, JOB_STATES, outcomeText } from '../renewal-words.ts'
import styles from './expiry-screen.module.css'

/** The renewals under way, or the latest that has ended. */
export function OpenRenewals({ onShow }: { onShow: (id: string) => void }) {
  const jobs = [...(useRenewals()?.jobs.values() ?? [])]
  const open = jobs.filter(isOpen)
  const shown = open.length > 0 ? open : jobs.slice(0, 1)
  return shown.map((job) => (
    <div
      key={job.id}
      className={styles.job}
      role="group"
      aria-label={`Renewal of ${counted(job.total, 'credential')}`}
    >
      <StateMark {...JOB_STATES[job.state]} />
      <span className="m-strong">{counted(job.total, 'credential')}</span>
      {isOpen(job) && (
        <Progress
          className={styles.jobBar ?? ''}
          size="sm"
          value={(endedOf(job) / Math.max(1, job.total)) * 100}
          aria-label="Progress of the renewal"
        />
      )}
      <span className="m-muted m-numbers">{outcomeText(job)}</span>
      {job.endedAt !== null && <TimeText at={job.endedAt} />}
      <span className={styles.space} />
      <Button size="compact-sm" variant="subtle" onClick={() => onShow(job.id)}>
        Show outcomes
      </Button>
    </div>
  ))
}
