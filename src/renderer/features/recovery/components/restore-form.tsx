import { useRef, useState } from 'react'
import { Button, FileInput, Group, Progress } from '@mantine/core'
import { IconDatabaseImport } from '@tabler/icons-react'
import type { PresentedKit, Restoration } from '#shared/contract/recovery.ts'
import { roleTitle } from '#shared/protocol/roles.ts'
import { problemOf } from '../../../lib/problem.ts'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { useRecoveryState } from '../api/recovery-state.ts'
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
  // The database was lost, and the keychain was not: then the keys are here.
  const orphan = useRecoveryState().data?.orphan ?? null
  const [withKit, setWithKit] = useState(false)
  const asksKit = orphan === null || withKit
  const { restore, sent } = useRestore(() => {
    if (!asksKit) return null
    if (presented.current === null) throw new Error('No kit was presented.')
    return presented.current
  })
  const submit = () => {
    presented.current = fields.current?.read() ?? null
    setComplaint(backup === null ? 'Choose the backup.' : null)
    if ((asksKit && presented.current === null) || backup === null) return
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
      {orphan !== null && !withKit && (
        <Notice
          tone="info"
          title={`This computer’s keychain holds the keys of ${orphan.name}`}
          actions={
            <Button variant="default" size="xs" onClick={() => setWithKit(true)}>
              Use a kit
            </Button>
          }
        >
          Only the database is missing, so the backup is enough.
        </Notice>
      )}
      {asksKit && <KitFields ref={fields} disabled={restore.isPending} />}
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

function remadeByHolder(remade: Restoration['remade']): [string, string][] {
  const holders = Map.groupBy(remade, ({ holder }) => holder)
  return [...holders].map(([holder, keys]) => [
    holder,
    keys
      .map(({ role, tenant }) => {
        if (role === null) return 'signing key'
        const where = tenant === null || tenant === holder ? '' : ` in ${tenant}`
        return `key for the role ${roleTitle(role)}${where}`
      })
      .join(', '),
  ])
}

function Restored({ result, onDone }: { result: Restoration; onDone: () => void }) {
  const { remade, problem } = result
  const lost = result.missing.filter(({ purpose }) => purpose === 'identity')
  return (
    <div className={styles.dialog}>
      <Notice tone="ok" title={`The deployment of ${result.operator} is back`}>
        {result.tenants} {result.tenants === 1 ? 'tenant' : 'tenants'} and {result.credentials}{' '}
        {result.credentials === 1 ? 'credential' : 'credentials'} are in this profile, the keys in
        this computer's keychain.
      </Notice>
      {remade.length > 0 && (
        <Notice tone="info" title="Signing keys that the kit lacks were made anew">
          <ul className={styles.remade}>
            {remadeByHolder(remade).map(([holder, what]) => (
              <li key={holder}>
                <bdi>{holder}</bdi>: {what}
              </li>
            ))}
          </ul>
          Whoever has a credential by the old ones keeps working: those stay in the accounts until
          you remove them under Keys. The new ones sign what is issued from now on.
        </Notice>
      )}
      {problem !== null && (
        <Notice tone="warn" title="Signing keys that the kit lacks are not made anew yet">
          {problem.message} {problem.advice} Muster does it at the next connection, and Keys shows
          how it stands. Until then nothing can be issued where they are missing; devices keep
          working.
        </Notice>
      )}
      {lost.length > 0 && (
        <Notice tone="warn" title="Identity keys that are younger than the kit are lost">
          {[...new Set(lost.map(({ holder }) => holder))].join(', ')}. Daily work does not need
          them. Make a new kit now, so that it holds all there are.
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
