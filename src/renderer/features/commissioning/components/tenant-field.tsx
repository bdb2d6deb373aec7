import { useState } from 'react'
import { Button, Select, TextInput } from '@mantine/core'
import { StrictName } from '#shared/contract/common.ts'
import type { Tenant } from '#shared/contract/tenants.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { useCreateTenant } from '../api/create-tenant.ts'
import styles from './tenant-field.module.css'

interface TenantFieldProps {
  readonly tenants: readonly Tenant[] | undefined
  readonly value: string | null
  readonly onChange: (tenant: string) => void
  readonly disabled: boolean
  /** Whether this mesh takes new tenants. */
  readonly canCreate: boolean
}

/** Chooses the tenant that gets the device, or makes a new one on the way. */
export function TenantField(props: TenantFieldProps) {
  const { tenants, value, onChange, disabled, canCreate } = props
  const [creating, setCreating] = useState(false)
  if (creating) {
    return (
      <NewTenant
        onCancel={() => setCreating(false)}
        onCreated={(name) => {
          setCreating(false)
          onChange(name)
        }}
      />
    )
  }
  return (
    <div className={styles.row}>
      <Select
        className={styles.grow ?? ''}
        label="Tenant"
        placeholder={tenants === undefined ? 'Looking…' : 'Choose a tenant'}
        nothingFoundMessage="There is no tenant yet."
        size="md"
        searchable={(tenants?.length ?? 0) > 8}
        allowDeselect={false}
        disabled={disabled}
        data={(tenants ?? []).map(({ name, state }) => ({
          value: name,
          label: name,
          disabled: state === 'error',
        }))}
        value={value}
        onChange={(name) => {
          if (name !== null) onChange(name)
        }}
      />
      {canCreate && (
        <Button variant="default" size="md" disabled={disabled} onClick={() => setCreating(true)}>
          New…
        </Button>
      )}
    </div>
  )
}

interface NewTenantProps {
  readonly onCancel: () => void
  readonly onCreated: (name: string) => void
}

function NewTenant({ onCancel, onCreated }: NewTenantProps) {
  const [name, setName] = useState('')
  const [complaint, setComplaint] = useState<string | null>(null)
  const create = useCreateTenant()
  const submit = () => {
    const issue = StrictName.safeParse(name).error?.issues[0]?.message ?? null
    setComplaint(issue)
    if (issue === null) create.mutate({ name }, { onSuccess: (tenant) => onCreated(tenant.name) })
  }
  return (
    <div className={styles.create}>
      <div className={styles.row}>
        <TextInput
          className={styles.grow ?? ''}
          label="Name of the new tenant"
          size="md"
          value={name}
          maxLength={64}
          error={complaint}
          data-autofocus
          disabled={create.isPending}
          onChange={(event) => setName(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return
            // This field stands in the form that commissions; Enter belongs to the tenant here.
            event.preventDefault()
            submit()
          }}
        />
        <Button size="md" loading={create.isPending} onClick={submit}>
          Create
        </Button>
        <Button size="md" variant="subtle" color="gray" onClick={onCancel}>
          Back
        </Button>
      </div>
      {create.isError && <ProblemNotice problem={problemOf(create.error)} />}
    </div>
  )
}
