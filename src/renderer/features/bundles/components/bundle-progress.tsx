import { Button, Progress } from '@mantine/core'
import { IconPrinter } from '@tabler/icons-react'
import type { BundleJob, BundleReceipt, HandOverTicket } from '#shared/contract/bundles.ts'
import { bytesText } from '../../../lib/bytes-text.ts'
import { problemOf } from '../../../lib/problem.ts'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { useCancelBundle, usePrintReceipt } from '../api/create-bundle.ts'
import { STEP_SHARES, STEP_WORDS } from '../bundle-words.ts'
import styles from './bundles.module.css'
import { HandOverWaits } from './hand-over-waits.tsx'
import { ReceiptFiles } from './receipt-files.tsx'

interface BundleProgressProps {
  readonly job: BundleJob
  /** Code of one that is fetched on the network, where this page ordered it. */
  readonly ticket: HandOverTicket | undefined
  readonly receipt: BundleReceipt | undefined
  readonly onShow: (receipt: string) => void
  readonly onAgain: () => void
}

/** How a bundle goes on, or how it ended. */
export function BundleProgress({ job, ticket, receipt, onShow, onAgain }: BundleProgressProps) {
  const cancel = useCancelBundle()
  const print = usePrintReceipt()
  if (job.state === 'running') {
    return (
      <>
        <h2>Handing over {job.name}</h2>
        {job.handOver === null ? (
          <>
            <Progress value={shareOf(job)} animated aria-label="Progress of the bundle" />
            <div role="status" className={styles.hint}>
              {STEP_WORDS[job.step]}
              {job.totalBytes > 0 && job.step !== 'recording' && `, ${bytesText(job.totalBytes)}`}
            </div>
          </>
        ) : (
          <HandOverWaits job={job} handOver={job.handOver} ticket={ticket} />
        )}
        <Button
          variant="default"
          onClick={() => cancel.mutate(job.id)}
          loading={cancel.isPending || cancel.isSuccess}
        >
          Cancel
        </Button>
      </>
    )
  }
  if (job.state === 'done') {
    return (
      <>
        <Notice tone="ok" urgent title="Handed over">
          {job.credentials.toLocaleString('en')}{' '}
          {job.credentials === 1 ? 'credential was' : 'credentials were'}{' '}
          {job.handOver === null ? 'written, read back and compared, ' : 'fetched by '}
          {job.handOver === null && (receipt?.destination.kind === 'drive' ? 'on ' : 'in ')}
          <bdi>{receipt?.destination.label ?? 'the receiving side'}</bdi>.
        </Notice>
        <EjectionNotice ejection={job.ejection} />
        {receipt !== undefined && <ReceiptFiles receipt={receipt} />}
        {print.isError && <ProblemNotice problem={problemOf(print.error)} />}
        <div className={styles.buttons}>
          <Button onClick={onAgain}>Another bundle</Button>
          <Button
            variant="default"
            leftSection={<IconPrinter size={15} aria-hidden />}
            loading={print.isPending}
            onClick={() => print.mutate(job.id)}
          >
            Print the receipt…
          </Button>
          <Button variant="subtle" onClick={() => onShow(job.id)}>
            Show it
          </Button>
        </div>
      </>
    )
  }
  return (
    <>
      {job.state === 'failed' && job.problem !== null ? (
        <ProblemNotice problem={job.problem} />
      ) : (
        <Notice tone="info" urgent title="Cancelled" />
      )}
      <p className={styles.hint}>
        {job.problem?.code === 'DESTINATION_GONE'
          ? 'What was issued for it is withdrawn. What was written so far may still be on the drive.'
          : 'What was written was removed, and what was issued for it is withdrawn.'}
      </p>
      <div className={styles.buttons}>
        <Button onClick={onAgain}>Go on</Button>
      </div>
    </>
  )
}

function EjectionNotice({ ejection }: { ejection: BundleJob['ejection'] }) {
  switch (ejection.state) {
    case 'none':
      return null
    case 'done':
      return <Notice tone="info" title="The drive was ejected: pull it" />
    case 'failed':
      return <ProblemNotice problem={ejection.problem} />
  }
}

/** Percent of the whole: each step has its share, within which the bytes count. */
function shareOf({ step, bytes, totalBytes }: BundleJob): number {
  let before = 0
  for (const [name, share] of STEP_SHARES) {
    if (name === step) {
      const part = totalBytes === 0 ? 0 : Math.min(1, bytes / totalBytes)
      return before + share * part
    }
    before += share
  }
  return before
}
