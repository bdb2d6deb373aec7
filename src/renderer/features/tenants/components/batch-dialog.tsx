import { useEffect, useState } from 'react'
import { Button, FileButton, Modal, NumberInput, Textarea, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconFileText } from '@tabler/icons-react'
import type { BatchCheck, BatchRequest } from '#shared/contract/tenants.ts'
import { counted } from '../../../lib/counted.ts'
import { problemOf } from '../../../lib/problem.ts'
import { CopyTextButton } from '../../../ui/copy-button.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { PathInput } from '../../../ui/path-input.tsx'
import { SubmitRow } from '../../../ui/submit-row.tsx'
import { useBatch, useCheckBatch, useStartBatch } from '../api/batch.ts'
import { IsolationChoice } from './isolation-choice.tsx'
import { SettingsSourceField } from './settings-source.tsx'
import styles from './tenant-forms.module.css'

const CHECK_PAUSE_MS = 300
// What the contract takes.
const MAX_LIST_CHARACTERS = 8_000_000
const MAX_CREDENTIALS = 1_000
const MAX_DAYS = 3_650

interface BatchDialogProps {
  readonly opened: boolean
  readonly onClose: () => void
}

/** Makes many tenants with credential files from a pasted list or a CSV file. */
export function BatchDialog({ opened, onClose }: BatchDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Many tenants at once" size="xl">
      {opened && <BatchForm onClose={onClose} />}
    </Modal>
  )
}

const EMPTY: BatchRequest = {
  list: '',
  isolation: 'account',
  settings: { from: 'default' },
  credentials: 5,
  credentialName: 'device',
  validDays: 90,
  folder: '',
}

function BatchForm({ onClose }: { onClose: () => void }) {
  const [request, setRequest] = useState(EMPTY)
  const [fileProblem, setFileProblem] = useState<string | null>(null)
  const check = useCheck(request)
  const start = useStartBatch()
  const running = useBatch()
  const open = running !== null && running !== undefined && running.endedAt === null
  const change = (part: Partial<BatchRequest>) => setRequest({ ...request, ...part })
  const ready =
    check.data !== undefined &&
    check.data.problemCount === 0 &&
    check.data.tenants > 0 &&
    request.credentials <= MAX_CREDENTIALS &&
    request.validDays <= MAX_DAYS &&
    request.folder.trim() !== ''
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (ready) start.mutate(request, { onSuccess: onClose })
      }}
    >
      {open && (
        <Notice tone="warn" title="A batch is unfinished">
          Resume it, or discard the rest of it, before another one is begun.
        </Notice>
      )}
      <Textarea
        className={styles.area ?? ''}
        label="Tenants"
        description="One a line, or CSV: tenant, credentials (a number or names), isolation."
        placeholder={'site-001\nsite-002,3\nsite-003,pump-1 pump-2,shared'}
        minRows={6}
        maxRows={12}
        autosize
        data-autofocus
        spellCheck={false}
        value={request.list}
        error={fileProblem}
        onChange={(event) => {
          const { value } = event.currentTarget
          const tooLong = value.length > MAX_LIST_CHARACTERS
          setFileProblem(tooLong ? 'The list is too long for one batch.' : null)
          if (!tooLong) change({ list: value })
        }}
      />
      <div>
        <FileButton
          accept=".csv,.txt,.tsv,text/csv,text/plain"
          onChange={(file) => {
            if (file === null) return
            if (file.size > MAX_LIST_CHARACTERS)
              setFileProblem('The file is too large for one batch.')
            else void file.text().then((list) => change({ list }))
          }}
        >
          {(props) => (
            <Button {...props} variant="default" size="xs" leftSection={<IconFileText size={15} />}>
              Read a file…
            </Button>
          )}
        </FileButton>
      </div>
      {check.data !== undefined && request.list.trim() !== '' && <Verdict check={check.data} />}
      {check.isError && <ProblemNotice problem={problemOf(check.error)} />}
      <div className={styles.row}>
        <NumberInput
          label="Credentials each"
          description="Where the line does not say."
          min={0}
          max={MAX_CREDENTIALS}
          allowDecimal={false}
          value={request.credentials}
          error={request.credentials > MAX_CREDENTIALS && 'At most 1,000.'}
          onChange={(value) => change({ credentials: Number(value) || 0 })}
        />
        <TextInput
          label="Named"
          description={`${request.credentialName || 'device'}-1, -2 …`}
          maxLength={50}
          value={request.credentialName}
          onChange={(event) => change({ credentialName: event.currentTarget.value.trim() })}
        />
        <NumberInput
          label="Valid for"
          description="Then they have to be renewed."
          suffix=" days"
          min={1}
          max={MAX_DAYS}
          allowDecimal={false}
          value={request.validDays}
          error={request.validDays > MAX_DAYS && 'At most ten years.'}
          onChange={(value) => change({ validDays: Number(value) || 1 })}
        />
      </div>
      <PathInput
        label="Folder for the credential files"
        kind="folder"
        description="On the computer that runs Muster: TENANT/credentials/NAME.creds.json in it. The files hold the only copies of their keys; nobody but you can read them there."
        placeholder="/home/me/new-tenants"
        value={request.folder}
        onChange={(folder) => change({ folder })}
      />
      <SettingsSourceField value={request.settings} onChange={(settings) => change({ settings })} />
      <IsolationChoice value={request.isolation} onChange={(isolation) => change({ isolation })} />
      {start.isError && <ProblemNotice problem={problemOf(start.error)} />}
      <SubmitRow onCancel={onClose} disabled={!ready || open} loading={start.isPending}>
        {check.data === undefined || check.data.tenants === 0
          ? 'Create'
          : `Create ${check.data.tenants.toLocaleString('en')} tenants`}
      </SubmitRow>
    </form>
  )
}

/** Has main look through the list once the typing stops. */
function useCheck(request: BatchRequest) {
  const check = useCheckBatch()
  const { mutate } = check
  const [settled] = useDebouncedValue(request, CHECK_PAUSE_MS)
  useEffect(() => {
    const { list, credentialName, credentials, validDays } = settled
    if (list.trim() === '' || credentialName === '') return
    if (credentials <= MAX_CREDENTIALS && validDays <= MAX_DAYS) mutate(settled)
  }, [settled, mutate])
  return check
}

function Verdict({ check }: { check: BatchCheck }) {
  const { tenants, credentials, sample, problems, problemCount } = check
  if (problemCount === 0) {
    const names = sample.map(({ name }) => name).join(', ')
    return (
      <Notice
        tone="ok"
        title={`${tenants.toLocaleString('en')} tenants, ${credentials.toLocaleString('en')} credential files`}
      >
        {names}
        {tenants > sample.length && ' …'}
      </Notice>
    )
  }
  const text = problems.map(({ line, text: content, reason }) => `${line}\t${content}\t${reason}`)
  return (
    <Notice
      tone="bad"
      title={`${counted(problemCount, 'line')} can not be used; ${tenants.toLocaleString('en')} can`}
      actions={<CopyTextButton text={text.join('\n')} label="Copy the list" />}
    >
      <div className={styles.problems} role="region" aria-label="Lines that can not be used">
        <table>
          <thead>
            <tr>
              <th className={styles.line}>Line</th>
              <th>Text</th>
              <th>Why</th>
            </tr>
          </thead>
          <tbody>
            {problems.map(({ line, text: content, reason }) => (
              <tr key={`${line} ${reason}`}>
                <td className={styles.line}>{line === 0 ? '–' : line}</td>
                <td>
                  <bdi>{content}</bdi>
                </td>
                <td>
                  <bdi>{reason}</bdi>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {problemCount > problems.length && `The first ${problems.length} are shown. `}
      Nothing is made until every line can be used.
    </Notice>
  )
}
