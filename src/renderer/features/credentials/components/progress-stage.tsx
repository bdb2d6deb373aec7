import { Button } from '@mantine/core'
import type { Revocation } from '#shared/contract/credentials.ts'
import { counted } from '../../../lib/counted.ts'
import { problemOf } from '../../../lib/problem.ts'
import { useRevocations } from '../../../lib/live/revocations.ts'
import dialog from '../../../ui/dialog.module.css'
import { CopyTextButton } from '../../../ui/copy-button.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { useCancelRevocation, useRetryRevocation } from '../api/revoke.ts'
import { reportOf, REVOCATION_STATES } from '../credential-words.ts'
import styles from './credentials-screen.module.css'
import { Evidence, StepList } from './revocation-summary.tsx'
import { WaitingActions } from './waiting-actions.tsx'

interface ProgressStageProps {
  readonly ids: readonly string[]
  readonly onClose: () => void
}

/** How the revocations go, and what was seen. */
export function ProgressStage({ ids, onClose }: ProgressStageProps) {
  const all = useRevocations()
  const revocations = ids.flatMap((id) => all?.get(id) ?? [])
  const text = revocations.map(reportOf).join('\n\n')
  const running = revocations.some(({ state }) => state === 'running')
  return (
    <div className={dialog.body}>
      {revocations.map((revocation) => (
        <OneRevocation key={revocation.id} revocation={revocation} />
      ))}
      <div className={dialog.footer}>
        {!running && (
          <span className={dialog.left}>
            <CopyTextButton text={text} label="Copy report" />
          </span>
        )}
        <Button variant={running ? 'default' : 'filled'} onClick={onClose}>
          {running ? 'Close, it goes on' : 'Done'}
        </Button>
      </div>
    </div>
  )
}

function OneRevocation({ revocation }: { revocation: Revocation }) {
  const { state, problem, credentialCount, accountName, steps } = revocation
  const cancel = useCancelRevocation()
  const retry = useRetryRevocation()
  const error = cancel.error ?? retry.error
  return (
    <section className={dialog.body} aria-label={`Revocation in ${accountName}`}>
      <div className={styles.itemHead} role="status">
        <StateMark {...REVOCATION_STATES[state]} />
        <span>
          {counted(credentialCount, 'credential')} of <bdi>{accountName}</bdi>
        </span>
      </div>
      <StepList steps={steps} />
      {problem !== null && <ProblemNotice problem={problem} />}
      {state === 'waiting' && (
        <Notice
          tone="warn"
          title="Nothing is lost: it goes on by itself as soon as it can"
          actions={<WaitingActions revocation={revocation} retry={retry} cancel={cancel} />}
        >
          Until then the credential still lets its holder in.
        </Notice>
      )}
      {state === 'failed' && (
        <Notice tone="info" title="Nothing was changed">
          The credential works as before. You can revoke it again when the problem is solved.
        </Notice>
      )}
      {error !== null && <ProblemNotice problem={problemOf(error)} />}
      <Evidence revocation={revocation} />
    </section>
  )
}
