import { useState } from 'react'
import { Select, TextInput } from '@mantine/core'
import type { RevocationTarget } from '#shared/contract/credentials.ts'
import dialog from '../../../ui/dialog.module.css'
import { SubmitRow } from '../../../ui/submit-row.tsx'

interface AccountTargetFormProps {
  readonly tenants: readonly string[]
  readonly onCancel: () => void
  readonly onChoose: (target: RevocationTarget) => void
}

/** Which tenant, and up to when. */
export function AccountTargetForm({ tenants, onCancel, onChoose }: AccountTargetFormProps) {
  const [tenant, setTenant] = useState<string | null>(
    tenants.length === 1 ? (tenants[0] ?? null) : null,
  )
  const [until, setUntil] = useState('')
  const [isValid, setValid] = useState(true)
  return (
    <form
      className={dialog.body}
      onSubmit={(event) => {
        event.preventDefault()
        if (tenant === null || !isValid) return
        const moment = until === '' ? new Date() : new Date(until)
        onChoose({ type: 'account', tenant, issuedUpTo: moment.toISOString() })
      }}
    >
      <p style={{ margin: 0 }}>
        Every credential that the tenant’s account issued up to a moment stops working at once. It
        takes one entry of the revocation list, however many there are.
      </p>
      <Select
        label="Tenant"
        placeholder="Choose a tenant"
        data={[...tenants]}
        value={tenant}
        onChange={setTenant}
        searchable
        data-autofocus
      />
      <TextInput
        label="Issued up to"
        description="Empty for everything up to now."
        type="datetime-local"
        step={1}
        value={until}
        error={isValid ? null : 'Choose a moment that has passed.'}
        onChange={(event) => {
          const { value } = event.currentTarget
          setUntil(value)
          setValid(value === '' || Date.parse(value) <= Date.now())
        }}
      />
      <SubmitRow onCancel={onCancel} disabled={tenant === null || !isValid}>
        See what it takes down
      </SubmitRow>
    </form>
  )
}
