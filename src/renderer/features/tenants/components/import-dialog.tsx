import { useState } from 'react'
import { Checkbox, Modal, Select, TextInput } from '@mantine/core'
import { subjectProblem } from '#shared/protocol/subject-patterns.ts'
import { problemOf } from '../../../lib/problem.ts'
import { useTenants } from '../../../lib/live/tenants.ts'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { SubmitRow } from '../../../ui/submit-row.tsx'
import { useAddImport } from '../api/tenant-wiring.ts'
import { suggestedLocal } from '../local-subject.ts'
import { CrossingTypeField, nameOf } from './export-dialog.tsx'
import styles from './tenant-forms.module.css'

interface ImportDialogProps {
  readonly tenant: string
  readonly opened: boolean
  readonly onClose: () => void
}

/** Takes what another tenant offers, and offers it there where that is still to do. */
export function ImportDialog({ tenant, opened, onClose }: ImportDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Import into ${tenant}`} size="lg">
      {opened && <ImportForm tenant={tenant} onClose={onClose} />}
    </Modal>
  )
}

function ImportForm({ tenant, onClose }: Omit<ImportDialogProps, 'opened'>) {
  const add = useAddImport()
  const others = (useTenants() ?? []).filter(
    ({ name, state }) => name !== tenant && state === 'ready',
  )
  const [from, setFrom] = useState<string | null>(null)
  const [type, setType] = useState<'stream' | 'service'>('stream')
  const [subject, setSubject] = useState('')
  const [local, setLocal] = useState<string | null>(null)
  const [offer, setOffer] = useState(true)
  const problem = subject === '' ? undefined : subjectProblem(subject)
  const suggested = from === null || subject === '' ? '' : suggestedLocal(subject, from, tenant)
  const localSubject = local ?? suggested
  const outside = localSubject !== '' && !localSubject.split('.').includes(tenant)
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (from === null || subject === '' || problem !== undefined) return
        add.mutate(
          {
            tenant,
            from,
            type,
            subject,
            offer,
            name: nameOf(subject),
            localSubject: localSubject === '' || localSubject === subject ? null : localSubject,
          },
          { onSuccess: onClose },
        )
      }}
    >
      <Select
        label="From"
        placeholder="Choose a tenant"
        searchable
        data={others.map(({ name }) => name)}
        value={from}
        onChange={setFrom}
      />
      <CrossingTypeField value={type} onChange={setType} />
      <TextInput
        label="Subject there"
        placeholder={`device-connect.${from ?? 'TENANT'}.*.event.>`}
        autoComplete="off"
        spellCheck={false}
        value={subject}
        error={problem}
        onChange={(event) => setSubject(event.currentTarget.value)}
      />
      <TextInput
        label="Subject here"
        description="$1, $2 … stand for the wildcards of the subject there."
        autoComplete="off"
        spellCheck={false}
        value={localSubject}
        onChange={(event) => setLocal(event.currentTarget.value)}
      />
      {outside && (
        <Notice tone="warn">
          Credentials of {tenant} reach its own subjects only, so its devices can not use this one.
        </Notice>
      )}
      <Checkbox
        label={
          from === null
            ? 'Export it there too, where it is not yet'
            : `Export it from ${from} too, where it is not yet`
        }
        checked={offer}
        onChange={(event) => setOffer(event.currentTarget.checked)}
      />
      {add.isError && <ProblemNotice problem={problemOf(add.error)} />}
      <SubmitRow
        onCancel={onClose}
        disabled={from === null || subject === '' || problem !== undefined}
        loading={add.isPending}
      >
        Import
      </SubmitRow>
    </form>
  )
}
