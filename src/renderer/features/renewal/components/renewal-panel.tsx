import { useState } from 'react'
import { Button, Progress, SegmentedControl, Skeleton } from '@mantine/core'
import type {
  RenewalItem,
  RenewalItemState,
  RenewalJob,
  RenewalSelection,
} from '#shared/contract/renewal.ts'
import { counted } from '../../../lib/counted.ts'
import { useRenewals } from '../../../lib/live/renewals.ts'
import { problemOf } from '../../../lib/problem.ts'
import { CopyIcon, CopyTextButton } from '../../../ui/copy-button.tsx'
import { DeviceText } from '../../../ui/device-text.tsx'
import { Fact, Facts } from '../../../ui/facts.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { PanelBody, Section, SidePanel } from '../../../ui/side-panel.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { Countdown, TimeText } from '../../../ui/time-text.tsx'
import { useCancelRenewal } from '../api/cancel-renewal.ts'
import { useItems } from '../api/get-items.ts'
import { useLeft } from '../api/get-left.ts'
import { useReport } from '../api/get-report.ts'
import { endedOf, isOpen, ITEM_STATES, JOB_STATES, outcomeText } from '../renewal-words.ts'
import styles from './renewal-panel.module.css'

interface RenewalPanelProps {
  readonly id: string
  readonly onClose: () => void
  readonly onRenew: (selection: RenewalSelection) => void
  /** Leads to Commission for a device that has to be commissioned again. */
  readonly onCommission: (deviceId: string) => void
}

type Shown = 'all' | 'open' | 'trouble'

const SHOWN: Readonly<Record<Shown, readonly RenewalItemState[] | null>> = {
  all: null,
  open: ['waiting', 'issuing', 'delivering', 'awaiting'],
  trouble: ['failed', 'rolled-back', 'manual', 'written', 'cancelled'],
}

/** How a renewal goes, credential by credential. */
export function RenewalPanel(props: RenewalPanelProps) {
  const job = useRenewals()?.jobs.get(props.id)
  if (job === undefined) {
    return (
      <SidePanel label="Renewal" title="Renewal" onClose={props.onClose}>
        <PanelBody>
          <Notice tone="info">This renewal is no longer kept.</Notice>
        </PanelBody>
      </SidePanel>
    )
  }
  return <JobPanel {...props} job={job} />
}

function JobPanel(props: RenewalPanelProps & { readonly job: RenewalJob }) {
  const { job, onClose } = props
  const [shown, setShown] = useState<Shown>('all')
  const items = useItems(job, SHOWN[shown])
  return (
    <SidePanel
      label={`Renewal of ${counted(job.total, 'credential')}`}
      title={`Renewal of ${counted(job.total, 'credential')}`}
      subtitle={<StateMark {...JOB_STATES[job.state]} />}
      onClose={onClose}
    >
      <PanelBody focusKey={job.id}>
        {job.problem !== null && <ProblemNotice problem={job.problem} />}
        <Course job={job} />
        <Actions {...props} />
        <Section
          title="Outcomes"
          aside={
            <SegmentedControl
              size="xs"
              value={shown}
              onChange={(value) => setShown(value)}
              data={[
                { value: 'all', label: 'All' },
                { value: 'open', label: 'Under way' },
                { value: 'trouble', label: 'To look at' },
              ]}
              aria-label="Show outcomes"
            />
          }
        >
          {items.isPending && <Skeleton height={160} />}
          {items.isError && <ProblemNotice problem={problemOf(items.error)} />}
          {items.data?.total === 0 && (
            <p className="m-muted" style={{ margin: 0 }}>
              None.
            </p>
          )}
          <ul className={styles.items}>
            {items.data?.rows.map((item) => (
              <ItemRow key={item.sequence} item={item} onCommission={props.onCommission} />
            ))}
          </ul>
          {items.data !== undefined && items.data.total > items.data.rows.length && (
            <p className="m-muted">
              The first {items.data.rows.length} of {items.data.total.toLocaleString('en')}. All of
              them stand in the text that can be copied.
            </p>
          )}
        </Section>
      </PanelBody>
    </SidePanel>
  )
}

function Course({ job }: { job: RenewalJob }) {
  const { counts, total, nextAt, folder } = job
  return (
    <>
      <Progress
        style={{ flex: 'none' }}
        value={(endedOf(job) / Math.max(1, total)) * 100}
        aria-label="Progress of the renewal"
      />
      <Facts>
        <Fact name="Ended">
          <span className="m-numbers">
            {endedOf(job).toLocaleString('en')} of {total.toLocaleString('en')}
            {outcomeText(job) === '' ? '' : `: ${outcomeText(job)}`}
          </span>
        </Fact>
        <Fact name="Under way">
          {counts.running === 0 ? null : (
            <span className="m-numbers">
              {counts.running} (at most {job.atOnce})
            </span>
          )}
        </Fact>
        <Fact name="Next begins">
          {job.state === 'running' && job.spreadMinutes > 0 && nextAt !== null ? (
            <>
              in <Countdown until={nextAt} />
            </>
          ) : null}
        </Fact>
        <Fact name="Begun">
          <TimeText at={job.startedAt} />
        </Fact>
        <Fact name="Files">
          {folder === null ? null : (
            <>
              <bdi className="m-mono m-wrap">{folder}</bdi> <CopyIcon text={folder} what="folder" />
            </>
          )}
        </Fact>
      </Facts>
    </>
  )
}

function Actions({ job, onRenew }: RenewalPanelProps & { readonly job: RenewalJob }) {
  const cancel = useCancelRenewal()
  const report = useReport(job)
  const ids = useLeft(job) ?? []
  return (
    <>
      <div className={styles.actions}>
        {isOpen(job) && (
          <Button
            size="xs"
            variant="default"
            disabled={job.state !== 'running'}
            loading={cancel.isPending}
            onClick={() => cancel.mutate({ jobId: job.id })}
          >
            Begin no more
          </Button>
        )}
        {!isOpen(job) && ids.length > 0 && (
          <Button size="xs" onClick={() => onRenew({ ids: [...ids] })}>
            Renew the {ids.length.toLocaleString('en')} left…
          </Button>
        )}
        {report.data !== undefined && (
          <CopyTextButton text={report.data.text} label="Copy the outcome" />
        )}
      </div>
      {cancel.isError && <ProblemNotice problem={problemOf(cancel.error)} />}
    </>
  )
}

interface ItemRowProps {
  readonly item: RenewalItem
  readonly onCommission: (deviceId: string) => void
}

function ItemRow({ item, onCommission }: ItemRowProps) {
  const { deviceId, name, tenant, state, problem, expiresAt } = item
  return (
    <li className={styles.item}>
      <div className={styles.line}>
        <span className={styles.name}>
          <DeviceText text={deviceId ?? name} className="m-strong" />
        </span>
        {tenant !== null && <bdi className="m-muted">{tenant}</bdi>}
        <StateMark {...ITEM_STATES[state]} />
      </div>
      {problem !== null && (
        <div className={styles.problem}>
          <bdi className="m-wrap">{problem.message}</bdi>{' '}
          <span className="m-muted">{problem.advice}</span>
        </div>
      )}
      {state === 'renewed' && expiresAt !== null && (
        <div className="m-muted">
          Valid until <TimeText at={expiresAt} />
        </div>
      )}
      {state === 'written' && (
        <div className="m-muted">Counts as renewed once it connects with the file.</div>
      )}
      {state === 'manual' && deviceId !== null && (
        <div className={styles.line}>
          <span className="m-muted">Reset it first; then it appears on Commission.</span>
          <Button size="compact-xs" variant="subtle" onClick={() => onCommission(deviceId)}>
            Go to Commission
          </Button>
        </div>
      )}
    </li>
  )
}
