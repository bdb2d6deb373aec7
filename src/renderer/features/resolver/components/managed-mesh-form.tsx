import { useState } from 'react'
import { Button, Checkbox, NumberInput, Select, Textarea, TextInput } from '@mantine/core'
import type { ManagedMesh, NewManagedMesh, ResolverKind } from '#shared/contract/resolver.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { PathInput } from '../../../ui/path-input.tsx'
import { useAddManaged } from '../api/use-add-managed.ts'
import { complaintsAbout, linesOf, type ManagedComplaints } from '../managed-order.ts'
import { KINDS } from '../resolver-words.ts'
import styles from './resolver.module.css'

const KIND_HELP: Readonly<Record<ResolverKind, string>> = {
  full: 'Each server keeps the accounts in a folder. The usual choice, and the one for clusters.',
  memory: 'The accounts stand in the server’s configuration file, which Muster rewrites.',
  url: 'The servers fetch accounts from the registry, which serves them over HTTP.',
}

const DEFAULT_ACCOUNTS_PORT = 9422

interface ManagedMeshFormProps {
  readonly onCancel: () => void
  readonly onAdded: (mesh: ManagedMesh) => void
  /** What is known before, such as the tenant of an operator that was brought in. */
  readonly initial?: Partial<NewManagedMesh>
}

/** Saves servers elsewhere whose accounts are to be this profile's operator's. */
export function ManagedMeshForm({ onCancel, onAdded, initial }: ManagedMeshFormProps) {
  const [fields, setFields] = useState<NewManagedMesh>({ ...EMPTY, ...initial })
  const [complaints, setComplaints] = useState<ManagedComplaints>({})
  const add = useAddManaged()
  const set = (change: Partial<NewManagedMesh>) => setFields({ ...fields, ...change })
  const { resolver, accounts, configPath, pidFile, registry } = fields
  const submit = () => {
    const found = complaintsAbout(fields)
    setComplaints(found)
    if (Object.keys(found).length === 0) add.mutate(fields, { onSuccess: onAdded })
  }
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <div className={styles.pair}>
        <TextInput
          label="Name"
          placeholder="Plant 7"
          value={fields.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
          error={complaints.name}
          maxLength={64}
        />
        <TextInput
          label="First tenant"
          value={fields.tenant}
          onChange={(event) => set({ tenant: event.currentTarget.value })}
          error={complaints.tenant}
          maxLength={64}
        />
      </div>
      <Textarea
        label="Addresses"
        description="One URL in each line: nats://, tls://, ws:// or wss://. They stand in the credentials of devices."
        placeholder="tls://nats-1.plant7.example:4222"
        rows={2}
        spellCheck={false}
        onChange={(event) => set({ urls: linesOf(event.currentTarget.value) })}
        error={complaints.urls}
      />
      <Select
        label="Dialect"
        description="Subject root of the devices. Fixed once this profile has an operator."
        data={['device-connect', 'fabric']}
        value={fields.dialect}
        allowDeselect={false}
        onChange={(value) => set({ dialect: value as NewManagedMesh['dialect'] })}
      />
      <Select
        label="Resolver"
        description={KIND_HELP[resolver]}
        data={Object.entries(KINDS).map(([value, label]) => ({ value, label }))}
        value={resolver}
        allowDeselect={false}
        onChange={(value) =>
          set({
            resolver: value as ResolverKind,
            accounts: value === 'url' ? { host: '127.0.0.1', port: DEFAULT_ACCOUNTS_PORT } : null,
          })
        }
      />
      {resolver === 'memory' && (
        <div className={styles.pair}>
          <PathInput
            label="Configuration file"
            kind="file"
            description="On this computer."
            placeholder="/etc/nats/nats-server.conf"
            value={configPath ?? ''}
            onChange={(path) => set({ configPath: path || null })}
            error={complaints.configPath}
          />
          <PathInput
            label="PID file (optional)"
            kind="file"
            description="For servers before 2.10."
            placeholder="/run/nats-server.pid"
            value={pidFile ?? ''}
            onChange={(path) => set({ pidFile: path || null })}
          />
        </div>
      )}
      {resolver === 'url' && accounts !== null && (
        <div className={styles.pair}>
          <TextInput
            label="Accounts served on"
            description="Loopback, unless the servers run elsewhere."
            value={accounts.host}
            onChange={(event) =>
              set({ accounts: { ...accounts, host: event.currentTarget.value } })
            }
            error={complaints.accounts}
          />
          <NumberInput
            label="Port"
            value={accounts.port}
            min={1}
            max={65_535}
            allowDecimal={false}
            hideControls
            onChange={(value) => set({ accounts: { ...accounts, port: Number(value) } })}
          />
        </div>
      )}
      <Textarea
        label="Certificate authority (optional)"
        description="PEM text, where the servers use certificates that this computer does not know."
        rows={2}
        spellCheck={false}
        onChange={(event) => set({ caPem: event.currentTarget.value.trim() || null })}
      />
      <Checkbox
        label="Run the registry of this mesh on this computer"
        description="Leave it out where a registry runs there already."
        checked={registry}
        onChange={(event) => set({ registry: event.currentTarget.checked })}
      />
      {add.isError && <ProblemNotice problem={problemOf(add.error)} />}
      <div className={styles.buttons}>
        <Button variant="default" onClick={onCancel} disabled={add.isPending}>
          Cancel
        </Button>
        <Button type="submit" loading={add.isPending}>
          Show the configuration
        </Button>
      </div>
    </form>
  )
}

const EMPTY: NewManagedMesh = {
  name: '',
  dialect: 'device-connect',
  urls: [],
  caPem: null,
  tenant: 'default',
  resolver: 'full',
  configPath: null,
  pidFile: null,
  accounts: null,
  registry: true,
}
