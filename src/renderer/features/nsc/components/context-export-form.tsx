import { useState } from 'react'
import { Button, NumberInput, Select, TextInput } from '@mantine/core'
import type { NatsContextExport } from '#shared/contract/nsc.ts'
import { isRole, roleTitle, type Role } from '#shared/protocol/roles.ts'
import { problemOf } from '../../../lib/problem.ts'
import { useTenants } from '../../../lib/live/tenants.ts'
import { CopyIcon } from '../../../ui/copy-button.tsx'
import { DeviceText } from '../../../ui/device-text.tsx'
import { Fact, Facts } from '../../../ui/facts.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { useExportContext } from '../api/export-context.ts'
import { useRolesForContexts } from '../api/tenant-roles.ts'
import { useSavedConnections } from '../api/connections.ts'
import styles from './nsc.module.css'

const DEFAULT_DAYS = 30

/** Writes a context for a tenant, by a console credential made for it, or for a saved connection. */
export function ContextExportForm({ onClose }: { onClose: () => void }) {
  const tenants = useTenants()
  const connections = useSavedConnections()
  const [source, setSource] = useState<string | null>(null)
  const [name, setName] = useState('')
  const [days, setDays] = useState(DEFAULT_DAYS)
  const roles = useRolesForContexts()
  const [role, setRole] = useState<Role>('console')
  const write = useExportContext()
  const own = (tenants ?? []).filter(({ account, state }) => account !== null && state === 'ready')
  const data = [
    {
      group: 'Tenants',
      items: own.map((each) => ({ value: `tenant:${each.name}`, label: each.name })),
    },
    {
      group: 'Connections',
      items: (connections.data ?? [])
        .filter(({ managed }) => !managed)
        .map((each) => ({ value: `connection:${each.id}`, label: each.name })),
    },
  ]
  if (write.data !== undefined) return <Result written={write.data} onClose={onClose} />
  return (
    <form
      className={styles.dialog}
      onSubmit={(event) => {
        event.preventDefault()
        if (source === null || name.trim() === '') return
        const [kind = '', ...rest] = source.split(':')
        const id = rest.join(':')
        write.mutate({
          name: name.trim(),
          source: kind === 'tenant' ? { tenant: id, role, days } : { connection: id },
        })
      }}
    >
      <Select
        label="For"
        placeholder="A tenant or a connection"
        data={data}
        value={source}
        onChange={(value) => {
          setSource(value)
          const label = data
            .flatMap(({ items }) => items)
            .find((item) => item.value === value)?.label
          if (name === '' && label !== undefined) setName(label.replaceAll(/[^\w.-]+/gu, '-'))
        }}
      />
      {source?.startsWith('tenant:') === true && (
        <Select
          label="Role"
          description="What its user may say and hear (Keys, Roles)."
          allowDeselect={false}
          data={roles.map((value) => ({ value, label: roleTitle(value) }))}
          value={role}
          onChange={(value) => {
            if (value !== null && isRole(value)) setRole(value)
          }}
        />
      )}
      <div className={styles.pair}>
        <TextInput
          label="Name of the context"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          maxLength={100}
        />
        {source?.startsWith('tenant:') === true && (
          <NumberInput
            label="Good for days"
            min={1}
            max={3650}
            allowDecimal={false}
            value={days}
            onChange={(value) => {
              if (typeof value === 'number') setDays(value)
            }}
          />
        )}
      </div>
      <p className={styles.hint}>
        {source?.startsWith('connection:') === true
          ? 'What this connection logs in with leaves the keychain as a file that only you can read.'
          : 'A credential is issued and written into a file that only you can read. It stands in the ledger and can be revoked there.'}
      </p>
      {write.isError && <ProblemNotice problem={problemOf(write.error)} />}
      <div className={styles.buttons}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button
          type="submit"
          loading={write.isPending}
          disabled={source === null || name.trim() === ''}
        >
          Write the context
        </Button>
      </div>
    </form>
  )
}

function Result({ written, onClose }: { written: NatsContextExport; onClose: () => void }) {
  const { path, credentialsPath, command } = written
  return (
    <div className={styles.dialog}>
      <Facts>
        <Fact name="Context">
          <DeviceText text={path} mono wrap />
        </Fact>
        <Fact name="Credentials">
          {credentialsPath === path ? (
            'In the context itself'
          ) : (
            <DeviceText text={credentialsPath} mono wrap />
          )}
        </Fact>
      </Facts>
      <div className={styles.command}>
        <code>{command}</code>
        <CopyIcon text={command} what="command" />
      </div>
      <div className={styles.buttons}>
        <Button onClick={onClose}>Done</Button>
      </div>
    </div>
  )
}
