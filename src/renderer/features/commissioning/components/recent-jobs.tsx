import type { CommissioningJob } from '#shared/contract/commissioning.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { JOB_WORDS } from '../job-words.ts'
import styles from './recent-jobs.module.css'

/** Jobs that are listed; all of them stand in the log. */
const SHOWN_JOBS = 50

interface RecentJobsProps {
  readonly jobs: readonly CommissioningJob[]
  readonly selectedId: string | null
  readonly onSelect: (id: string) => void
}

/** What was commissioned since Muster started, newest first. */
export function RecentJobs({ jobs, selectedId, onSelect }: RecentJobsProps) {
  if (jobs.length === 0) return null
  return (
    <section aria-labelledby="recent-jobs">
      <h2 id="recent-jobs" className={styles.title}>
        Recent
      </h2>
      <ul className={styles.list}>
        {jobs.slice(0, SHOWN_JOBS).map((job) => {
          const { word, tone } = JOB_WORDS[job.state]
          return (
            <li key={job.id}>
              <button
                type="button"
                className={styles.row}
                data-selected={job.id === selectedId}
                onClick={() => onSelect(job.id)}
              >
                <DeviceText text={job.deviceId} className={styles.id ?? ''} />
                <DeviceText text={job.tenant} className={`m-muted ${styles.tenant ?? ''}`} />
                <StateMark tone={tone} word={word} />
                <span className={styles.time}>
                  <TimeText at={job.endedAt ?? job.startedAt} />
                </span>
              </button>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
