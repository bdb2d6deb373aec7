import { Button } from '@mantine/core'
import type { CommissioningJob } from '#shared/contract/commissioning.ts'
import type { Problem } from '#shared/contract/common.ts'
import { textDetail } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { Countdown } from '../../../ui/time-text.tsx'
import styles from './job-view.module.css'

const UNKNOWN: Problem = {
  code: 'UNKNOWN',
  kind: 'internal',
  message: 'The device was not commissioned.',
  advice: 'Try again.',
  details: {},
}

interface JobProblemProps {
  readonly job: CommissioningJob
  readonly onRetry: (() => void) | null
}

/** Why a job failed, what is left to try and when. */
export function JobProblem({ job, onRetry }: JobProblemProps) {
  const problem = job.problem ?? UNKNOWN
  const opensAt = textDetail(problem, 'opensAt')
  return (
    <ProblemNotice
      problem={problem}
      actions={
        onRetry !== null && (
          <Button size="sm" variant="default" onClick={onRetry}>
            {opensAt === null ? 'Try again' : 'Back to the PIN'}
          </Button>
        )
      }
    >
      {opensAt !== null && (
        <p className={styles.left}>
          The lock opens in <Countdown until={opensAt} />.
        </p>
      )}
    </ProblemNotice>
  )
}
