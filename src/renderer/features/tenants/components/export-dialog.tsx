import { useState } from 'react'
import { Modal, SegmentedControl, TextInput } from '@mantine/core'
import { subjectProblem } from '#shared/protocol/subject-patterns.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { SubmitRow } from '../../../ui/submit-row.tsx'
import { useAddExport } from '../api/tenant-wiring.ts'
import styles from './tenant-forms.module.css'

type Crossing = 'stream' | 'service'

interface WiringDialogProps {
  readonly tenant: string
  readonly opened: boolean
  readonly onClose: () => void
}

/** Offers a subject of the tenant to other accounts. */
export function ExportDialog({ tenant, opened, onClose }: WiringDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Export from ${tenant}`}>
      {opened && <ExportForm tenant={tenant} onClose={onClose} />}
    </Modal>
  )
}

function ExportForm({ tenant, onClose }: Omit<WiringDialogProps, 'opened'>) {
  const add = useAddExport()
  const [subject, setSubject] = useState('')
  const [type, setType] = useState<Crossing>('stream')
  const problem = subject === '' ? undefined : subjectProblem(subject)
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (subject === '' || problem !== undefined) return
        add.mutate({ tenant, name: nameOf(subject), subject, type }, { onSuccess: onClose })
      }}
    >
      <CrossingTypeField value={type} onChange={setType} />
      <TextInput
        label="Subject"
        description="Tenants that import it hear or ask what stands on it; nothing else."
        placeholder={`device-connect.${tenant}.*.news`}
        data-autofocus
        autoComplete="off"
        spellCheck={false}
        value={subject}
        error={problem}
        onChange={(event) => setSubject(event.currentTarget.value)}
      />
      {add.isError && <ProblemNotice problem={problemOf(add.error)} />}
      <SubmitRow
        onCancel={onClose}
        disabled={subject === '' || problem !== undefined}
        loading={add.isPending}
      >
        Export
      </SubmitRow>
    </form>
  )
}

interface CrossingTypeFieldProps {
  readonly value: Crossing
  readonly onChange: (value: Crossing) => void
}

export function CrossingTypeField({ value, onChange }: CrossingTypeFieldProps) {
  return (
    <div>
      <SegmentedControl
        aria-label="Kind"
        data={[
          { value: 'stream', label: 'Stream: messages flow out' },
          { value: 'service', label: 'Service: requests are answered' },
        ]}
        value={value}
        onChange={(chosen) => onChange(chosen === 'service' ? 'service' : 'stream')}
      />
    </div>
  )
}

/** A name for the account's JWT, of the last token that says something. */
export function nameOf(subject: string): string {
  const tokens = subject.split('.').filter((token) => token !== '*' && token !== '>')
  return (tokens.at(-1) ?? 'crossing').slice(0, 64)
}
