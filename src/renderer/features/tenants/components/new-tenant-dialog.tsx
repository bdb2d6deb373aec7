import { useState } from 'react'
import { Modal, TextInput } from '@mantine/core'
import type { SettingsSource, Tenant } from '#shared/contract/tenants.ts'
import { foldedName, newNameProblem } from '#shared/protocol/tenant-names.ts'
import { problemOf } from '../../../lib/problem.ts'
import { useTenants } from '../../../lib/live/tenants.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { SubmitRow } from '../../../ui/submit-row.tsx'
import { useCreateTenantWith } from '../api/tenant-mutations.ts'
import { IsolationChoice } from './isolation-choice.tsx'
import { SettingsSourceField } from './settings-source.tsx'
import styles from './tenant-forms.module.css'

interface NewTenantDialogProps {
  readonly opened: boolean
  readonly onClose: () => void
  readonly onCreated: (name: string) => void
}

/** Makes one tenant. */
export function NewTenantDialog({ opened, onClose, onCreated }: NewTenantDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="New tenant" size="lg">
      <NewTenantForm onClose={onClose} onCreated={onCreated} />
    </Modal>
  )
}

function NewTenantForm({ onClose, onCreated }: Omit<NewTenantDialogProps, 'opened'>) {
  const tenants = useTenants() ?? []
  const create = useCreateTenantWith()
  const [name, setName] = useState('')
  const [isolation, setIsolation] = useState<Tenant['isolation']>('account')
  const [settings, setSettings] = useState<SettingsSource>({ from: 'default' })
  const [tried, setTried] = useState(false)
  const problem =
    newNameProblem(name) ??
    clashWith(
      name,
      tenants.map((tenant) => tenant.name),
    )
  const joinsShared = isolation === 'shared' && tenants.some((each) => each.isolation === 'shared')
  const submit = () => {
    setTried(true)
    if (problem !== undefined) return
    const wanted: SettingsSource = joinsShared ? { from: 'default' } : settings
    create.mutate({ name, isolation, settings: wanted }, { onSuccess: () => onCreated(name) })
  }
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <TextInput
        label="Name"
        description="Stands in subjects, file names and certificates; it can not be changed later."
        data-autofocus
        autoComplete="off"
        maxLength={64}
        value={name}
        onChange={(event) => setName(event.currentTarget.value.trim())}
        error={(tried || name !== '') && problem}
      />
      <IsolationChoice value={isolation} onChange={setIsolation} />
      {joinsShared ? (
        <p className={styles.hint}>
          Limits and mappings are those of the shared account, which is there already.
        </p>
      ) : (
        <SettingsSourceField value={settings} onChange={setSettings} />
      )}
      {create.isError && <ProblemNotice problem={problemOf(create.error)} />}
      <SubmitRow onCancel={onClose} loading={create.isPending}>
        Create the tenant
      </SubmitRow>
    </form>
  )
}

function clashWith(name: string, taken: readonly string[]): string | undefined {
  const other = taken.find((each) => foldedName(each) === foldedName(name))
  if (other === undefined) return undefined
  return other === name
    ? 'There is a tenant of this name already.'
    : `There is a tenant ${other} already; capitals alone do not tell them apart on every system.`
}
