import { Button } from '@mantine/core'
import type { BundleJob, HandOver, HandOverTicket } from '#shared/contract/bundles.ts'
import { problemOf } from '../../../lib/problem.ts'
import { CopyTextButton } from '../../../ui/copy-button.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { Countdown } from '../../../ui/time-text.tsx'
import { useNewCode } from '../api/hand-over.ts'
import styles from './bundles.module.css'

interface HandOverWaitsProps {
  readonly job: BundleJob
  readonly handOver: HandOver
  /** The code that came with the order; undefined where this window did not give it. */
  readonly ticket: HandOverTicket | undefined
}

/** A bundle that waits on the network: the code to read out, and who asked for it so far. */
export function HandOverWaits({ job, handOver, ticket }: HandOverWaitsProps) {
  const again = useNewCode()
  const shown = again.data ?? ticket
  const { until, from, wrongCodes, wrongFrom, problem } = handOver
  return (
    <>
      <div role="status" className={styles.hint}>
        {from !== null ? (
          <>
            <bdi>{from}</bdi> fetches it just now.
          </>
        ) : until === null ? (
          'The bundle is being made.'
        ) : (
          <>
            Waits to be fetched, <Countdown until={until} /> left.
          </>
        )}
      </div>
      {shown === undefined ? (
        <p className={styles.hint}>
          The code was shown where the bundle was made. Muster keeps only its hash, so it can not be
          shown again.
        </p>
      ) : (
        <Ticket ticket={shown} />
      )}
      {problem !== null && <ProblemNotice problem={problem} />}
      {wrongCodes > 0 && (
        <Notice
          tone="warn"
          title={
            wrongCodes === 1 ? 'A wrong code was shown' : `${wrongCodes} wrong codes were shown`
          }
        >
          The last by <bdi>{wrongFrom}</bdi>. After twenty of them handing over ends.
        </Notice>
      )}
      {again.isError && <ProblemNotice problem={problemOf(again.error)} />}
      <Button
        variant="subtle"
        size="compact-sm"
        className={styles.more}
        loading={again.isPending}
        onClick={() => again.mutate(job.id)}
      >
        {shown === undefined ? 'Make another code' : 'Another code instead of this one'}
      </Button>
    </>
  )
}

function Ticket({ ticket }: { ticket: HandOverTicket }) {
  const { code, command, url, fingerprint } = ticket
  return (
    <>
      <output className={styles.code} aria-label="Code">
        {code}
      </output>
      <section aria-label="Browser">
        <div className={styles.copyHead}>
          <span>In a browser</span>
          <CopyTextButton text={url} label="Copy the address" />
        </div>
        <code className={styles.ticket}>{url}</code>
        <p className={styles.hint}>
          It warns, as nobody vouches for this computer there. Its certificate has the SHA-256{' '}
          <span className={styles.sum}>{fingerprint}</span>
        </p>
      </section>
      <section aria-label="Command">
        <div className={styles.copyHead}>
          <span>Or in a shell</span>
          <CopyTextButton text={command} label="Copy the command" />
        </div>
        <code className={styles.ticket}>{command}</code>
        <p className={styles.hint}>It knows this computer by its key.</p>
      </section>
    </>
  )
}
