import { Button, Progress } from '@mantine/core'
import type { ProofRun } from '#shared/contract/isolation.ts'
import { counted } from '../../../lib/counted.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { useCancelProof } from '../api/cancel-proof.ts'
import { isOver, runWords } from '../isolation-words.ts'
import styles from './isolation-screen.module.css'
import { MatrixLegend, ProofMatrix } from './proof-matrix.tsx'

/** A proof while it runs, or that came to nothing. */
export function RunView({ run }: { run: ProofRun }) {
  const cancel = useCancelProof()
  const percent = run.total === 0 ? 0 : (run.done / run.total) * 100
  return (
    <div className={styles.page}>
      {run.problem !== null && <ProblemNotice problem={run.problem} />}
      {!isOver(run) && (
        <div className={styles.progress}>
          <div className={styles.bar}>
            <Progress value={percent} aria-label="Pairs tried" transitionDuration={120} />
          </div>
          <span className="m-numbers" role="status">
            {runWords(run)}
            {run.crossed > 0 && `, ${counted(run.crossed, 'pair')} not isolated`}
          </span>
          <Button
            variant="default"
            loading={cancel.isPending}
            disabled={run.state === 'ending'}
            onClick={() => cancel.mutate({ id: run.id })}
          >
            Cancel
          </Button>
        </div>
      )}
      {cancel.isError && <ProblemNotice problem={problemOf(cancel.error)} />}
      <section className={styles.block}>
        <h2>Who tries whom</h2>
        <ProofMatrix tenants={run.tenants} cells={run.cells} />
        <MatrixLegend live />
      </section>
    </div>
  )
}
