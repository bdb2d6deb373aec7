import { useRef, useState } from 'react'
import { Button, FileInput, Group, Progress } from '@mantine/core'
import { IconDatabaseImport } from '@tabler/icons-react'
import type { PresentedKit, Restoration } from '#shared/contract/recovery.ts'
import { problemOf } from '../../../lib/problem.ts'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { useRestore } from '../api/restore.ts'
import { KitFields, type KitFieldsHandle } from './kit-fields.tsx'
import styles from './recovery.module.css'

interface RestoreFormProps {
  readonly onBack: () => void
  readonly onDone: () => void
}

/** Brings a deployment back on a new computer: kit, passphrase, backup. */
export function RestoreForm({ onBack, onDone }: RestoreFormProps) {
  const fields = useRef<KitFieldsHandle>(null)
  const presented = useRef<PresentedKit | null>(null)
  const [backup, setBackup] = useState<File | null>(null)
  const [complaint, setComplaint] = useState<string | null>(null)
  const { restore, sent } = useRestore(() => {
    if (presented.current === null) throw new Error('No kit was presented.')
    return presented.current
  })
  const submit = () => {
    presented.current = fields.current?.read() ?? null
    setComplaint(backup === null ? 'Choose the backup.' : null)
    if (presented.current === null || backup === null) return
    restore.mutate(backup, {
      onSettled: () => {
        presented.current = null
        fields.current?.clear()
      },
    })
  }
  if (restore.data !== undefined) return <Restored result={restore.data} onDone={onDone} />
  return (
    <form
      className={styles.dialog}
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <KitFields ref={fields} disabled={restore.isPending} />
      <FileInput
        label="Backup of the database"
        description="Its name is muster-backup-….db.gz"
        placeholder="Choose the file"
        leftSection={<IconDatabaseImport size={16} aria-hidden />}
        accept=".gz"
        value={backup}
        onChange={setBackup}
        error={complaint}
        disabled={restore.isPending}
      />
      {restore.isPending && (
        <Progress value={sent * 100} animated aria-label="Sending the backup" />
      )}
      {restore.isError && <ProblemNotice problem={problemOf(restore.error)} />}
      <Group justify="space-between">
        <Button variant="subtle" color="gray" onClick={onBack} disabled={restore.isPending}>
          Back
        </Button>
        <Button type="submit" size="md" loading={restore.isPending}>
          Restore
        </Button>
      </Group>
    </form>
  )
}

function Restored({ result, onDone }: { result: Restoration; onDone: () => void }) {
  const { missing } = result
  return (
    <div className={styles.dialog}>
      <Notice tone="ok" title={`The deployment of ${result.operator} is back`}>
        {result.tenants} {result.tenants === 1 ? 'tenant' : 'tenants'} and {result.credentials}{' '}
        {result.credentials === 1 ? 'credential' : 'credentials'} are in this profile, the keys in
        this computer's keychain.
      </Notice>
      {missing.length > 0 && (
        <Notice tone="warn" title="Some keys were not in the kit">
          {[...new Set(missing.map(({ holder }) => holder))].join(', ')}: what needs them is made
          anew under Keys.
        </Notice>
      )}
      <Group justify="flex-end">
        <Button size="md" onClick={onDone} data-autofocus>
          Go on
        </Button>
      </Group>
    </div>
  )
}
