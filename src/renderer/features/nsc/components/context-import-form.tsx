import { useState } from 'react'
import { Select, TextInput } from '@mantine/core'
import { StrictName } from '#shared/contract/common.ts'
import type { NatsContext } from '#shared/contract/nsc.ts'
import type { DialectName } from '#shared/protocol/dialect.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { SubmitRow } from '../../../ui/submit-row.tsx'
import { useImportContext } from '../api/import-context.ts'
import styles from './nsc.module.css'

const DIALECTS = [
  { value: 'device-connect', label: 'Device Connect' },
  { value: 'fabric', label: 'Fabric' },
] satisfies { value: DialectName; label: string }[]

interface ContextImportFormProps {
  readonly context: NatsContext
  readonly onClose: () => void
}

/** Saves a context as a connection; its credentials are read by main and go to the keychain. */
export function ContextImportForm({ context, onClose }: ContextImportFormProps) {
  const [name, setName] = useState(context.name)
  const [tenant, setTenant] = useState(context.tenant ?? 'default')
  const [dialect, setDialect] = useState<DialectName>(context.dialect ?? 'device-connect')
  const take = useImportContext()
  const complaint = StrictName.safeParse(tenant).error?.issues[0]?.message ?? null
  return (
    <form
      className={styles.dialog}
      onSubmit={(event) => {
        event.preventDefault()
        if (complaint !== null || name.trim() === '') return
        const order = { name: context.name, connectionName: name.trim(), dialect, tenant }
        take.mutate(order, { onSuccess: onClose })
      }}
    >
      <p className={styles.hint}>
        The connection is saved under Settings, Meshes. What it logs in with is copied into the
        keychain; the files of the context stay as they are.
      </p>
      <TextInput
        label="Name of the connection"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={64}
      />
      <div className={styles.pair}>
        <TextInput
          label="Tenant"
          description="The one that the credentials are for."
          value={tenant}
          onChange={(event) => setTenant(event.currentTarget.value)}
          error={complaint}
          maxLength={64}
        />
        <Select
          label="Dialect"
          description="The names that its devices use on the wire."
          allowDeselect={false}
          data={DIALECTS}
          value={dialect}
          onChange={(value) => {
            const choice = DIALECTS.find((each) => each.value === value)
            if (choice !== undefined) setDialect(choice.value)
          }}
        />
      </div>
      {take.isError && <ProblemNotice problem={problemOf(take.error)} />}
      <SubmitRow onCancel={onClose} loading={take.isPending}>
        Take over
      </SubmitRow>
    </form>
  )
}
