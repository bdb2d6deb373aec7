import { useState } from 'react'
import { Button, Modal, Progress } from '@mantine/core'
import type { Batch } from '#shared/contract/tenants.ts'
import { problemOf } from '../../../lib/problem.ts'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import {
  useBatch,
  useBatchReport,
  useCancelBatch,
  useDiscardBatch,
  useResumeBatch,
} from '../api/batch.ts'
import forms from './tenant-forms.module.css'
import styles from './tenants-screen.module.css'

/** How a batch of tenants goes on, or what it came to. */
export function BatchBanner() {
  const batch = useBatch()
  const [dismissed, setDismissed] = useState<string | null>(null)
  if (batch === null || batch === undefined) return null
  if (batch.endedAt !== null && dismissed === batch.id) return null
  return (
    <div className={styles.banner}>
      {batch.endedAt === null ? (
        <OpenBatch batch={batch} />
      ) : (
        <EndedBatch batch={batch} onClose={() => setDismissed(batch.id)} />
      )}
    </div>
  )
}

const TITLES = {
  running: 'Creating tenants',
  stopped: 'The batch was stopped',
  interrupted: 'A batch was interrupted when Muster was closed',
  failed: 'The batch could not go on',
} as const

function OpenBatch({ batch }: { batch: Batch }) {
  const cancel = useCancelBatch()
  const resume = useResumeBatch()
  const [discarding, setDiscarding] = useState(false)
  const { id, state, problem } = batch
  if (state === 'done' || state === 'discarded') return null
  const running = state === 'running'
  const actions = running ? (
    <Button
      size="xs"
      variant="default"
      loading={cancel.isPending}
      onClick={() => cancel.mutate({ id })}
    >
      Stop
    </Button>
  ) : (
    <>
      <Button size="xs" loading={resume.isPending} onClick={() => resume.mutate({ id })}>
        Resume
      </Button>
      <Button size="xs" variant="default" onClick={() => setDiscarding(true)}>
        Discard the rest…
      </Button>
    </>
  )
  return (
    <>
      <Notice
        tone={running ? 'info' : state === 'failed' ? 'bad' : 'warn'}
        title={TITLES[state]}
        actions={actions}
      >
        {state === 'failed' && problem !== null && (
          <p style={{ margin: '0 0 0.5rem' }}>
            {problem.message} {problem.advice}
          </p>
        )}
        <Amounts batch={batch} />
        {resume.isError && <ProblemNotice problem={problemOf(resume.error)} />}
      </Notice>
      <DiscardDialog batch={batch} opened={discarding} onClose={() => setDiscarding(false)} />
    </>
  )
}

function Amounts({ batch }: { batch: Batch }) {
  const { tenants, tenantsReady, credentials, credentialsWritten, step } = batch
  // Most of the time goes into the files.
  const done = credentials === 0 ? tenantsReady / tenants : credentialsWritten / credentials
  return (
    <div>
      <div role="status">
        {tenantsReady.toLocaleString('en')} of {tenants.toLocaleString('en')} tenants,{' '}
        {credentialsWritten.toLocaleString('en')} of {credentials.toLocaleString('en')} credential
        files. {step !== '' && `${step}.`}
      </div>
      <Progress
        mt={6}
        size="sm"
        value={done * 100}
        aria-label="Progress of the batch"
        animated={batch.state === 'running'}
      />
    </div>
  )
}

function EndedBatch({ batch, onClose }: { batch: Batch; onClose: () => void }) {
  const report = useBatchReport()
  const copy = async () => {
    const { text } = await report.mutateAsync({ id: batch.id })
    await navigator.clipboard.writeText(text)
  }
  const done = batch.state === 'done'
  return (
    <Notice
      tone={done ? 'ok' : 'info'}
      title={
        done
          ? `${batch.tenants.toLocaleString('en')} tenants were created, with ${batch.credentials.toLocaleString('en')} credential files`
          : 'The rest of the batch was discarded'
      }
      onClose={onClose}
      actions={
        <Button
          size="xs"
          variant="default"
          loading={report.isPending}
          onClick={() => void copy().catch(() => undefined)}
        >
          {report.isSuccess ? 'Copied' : 'Copy the result'}
        </Button>
      }
    >
      {done ? (
        <>
          The files are in <bdi>{batch.folder}</bdi>. They hold the only copies of their keys.
        </>
      ) : (
        `${batch.tenantsReady.toLocaleString('en')} tenants and ${batch.credentialsWritten.toLocaleString('en')} credential files stay, and work.`
      )}
      {report.isError && <ProblemNotice problem={problemOf(report.error)} />}
    </Notice>
  )
}

interface DiscardDialogProps {
  readonly batch: Batch
  readonly opened: boolean
  readonly onClose: () => void
}

function DiscardDialog({ batch, opened, onClose }: DiscardDialogProps) {
  const discard = useDiscardBatch()
  return (
    <Modal opened={opened} onClose={onClose} title="Discard the rest of the batch?">
      <div className={forms.form}>
        <p style={{ margin: 0 }}>
          {(batch.tenants - batch.tenantsReady).toLocaleString('en')} tenants that the mesh never
          took go, with their keys. {batch.tenantsReady.toLocaleString('en')} tenants and{' '}
          {batch.credentialsWritten.toLocaleString('en')} credential files stay, and work.
        </p>
        {discard.isError && <ProblemNotice problem={problemOf(discard.error)} />}
        <div className={forms.buttons}>
          <Button variant="default" onClick={onClose}>
            Keep it
          </Button>
          <Button
            color="red"
            loading={discard.isPending}
            onClick={() => discard.mutate({ id: batch.id }, { onSuccess: onClose })}
          >
            Discard the rest
          </Button>
        </div>
      </div>
    </Modal>
  )
}
