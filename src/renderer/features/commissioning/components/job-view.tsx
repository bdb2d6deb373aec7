import { Button } from '@mantine/core'
import { IconArrowRight, IconCircleCheck } from '@tabler/icons-react'
import type { CommissioningJob } from '#shared/contract/commissioning.ts'
import type { DeviceAddress } from '#shared/contract/fleet.ts'
import { problemOf } from '../../../lib/problem.ts'
import { durationText } from '../../../lib/time/format.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { PanelBody, Section } from '../../../ui/side-panel.tsx'
import { Countdown } from '../../../ui/time-text.tsx'
import { useCancelCommissioning } from '../api/cancel-commissioning.ts'
import { jobDuration, spokenProgress } from '../job-words.ts'
import { JobProblem } from './job-problem.tsx'
import { JobSteps } from './job-steps.tsx'
import styles from './job-view.module.css'

interface JobViewProps {
  readonly job: CommissioningJob
  /** Back to the PIN; null where the device is not there any more. */
  readonly onRetry: (() => void) | null
  /** Opens the next device that waits; null where none does. */
  readonly onNext: (() => void) | null
  readonly onOpenDevice: (address: DeviceAddress) => void
}

/** A job while it runs and what became of it. */
export function JobView({ job, onRetry, onNext, onOpenDevice }: JobViewProps) {
  return (
    <PanelBody focusKey={`${job.id} ${job.state}`}>
      <div className="m-hidden" role="status" aria-live="polite">
        {spokenProgress(job)}
      </div>
      {job.state === 'done' && <Done job={job} onNext={onNext} onOpenDevice={onOpenDevice} />}
      {job.state === 'failed' && <JobProblem job={job} onRetry={onRetry} />}
      {job.state === 'cancelled' && <Cancelled onRetry={onRetry} />}
      <Section title="Progress">
        <JobSteps steps={job.steps} />
      </Section>
      {job.state === 'running' && <Running job={job} />}
    </PanelBody>
  )
}

function Running({ job }: { job: CommissioningJob }) {
  const cancel = useCancelCommissioning()
  const waits = job.steps.some(({ name, state }) => name === 'online' && state === 'running')
  return (
    <>
      {waits && job.onlineDeadline !== null && (
        <p className={styles.wait}>
          The device has its credential and is starting. If it does not connect within{' '}
          <Countdown until={job.onlineDeadline} />, the credential is revoked.
        </p>
      )}
      {cancel.isError && <ProblemNotice problem={problemOf(cancel.error)} />}
      <div>
        <Button
          variant="default"
          size="md"
          loading={cancel.isPending}
          onClick={() => cancel.mutate({ id: job.id })}
        >
          Cancel
        </Button>
      </div>
    </>
  )
}

interface DoneProps {
  readonly job: CommissioningJob
  readonly onNext: (() => void) | null
  readonly onOpenDevice: (address: DeviceAddress) => void
}

function Done({ job, onNext, onOpenDevice }: DoneProps) {
  const { deviceId, tenant } = job
  const duration = jobDuration(job)
  return (
    <div className={styles.done}>
      <IconCircleCheck size={40} stroke={1.5} className={styles.doneIcon} aria-hidden />
      <p className={styles.doneTitle}>
        <DeviceText text={deviceId} wrap /> is online
      </p>
      <p className={styles.doneText}>
        In tenant <DeviceText text={tenant} wrap />
        {duration !== null && `, commissioned in ${durationText(duration)}`}.
      </p>
      <div className={styles.doneButtons}>
        <Button
          size="md"
          variant={onNext === null ? 'filled' : 'default'}
          onClick={() => onOpenDevice({ tenant, deviceId })}
        >
          Open device
        </Button>
        {onNext !== null && (
          <Button size="md" onClick={onNext} rightSection={<IconArrowRight size={17} />}>
            Next device
          </Button>
        )}
      </div>
    </div>
  )
}

function Cancelled({ onRetry }: { onRetry: (() => void) | null }) {
  return (
    <Notice
      tone="info"
      title="Cancelled"
      actions={
        onRetry !== null && (
          <Button size="sm" variant="default" onClick={onRetry}>
            Start again
          </Button>
        )
      }
    >
      What was done so far has been taken back; the device can be commissioned again.
    </Notice>
  )
}
