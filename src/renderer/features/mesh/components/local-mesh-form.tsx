import { useState } from 'react'
import { Button, Collapse, Select, TextInput, UnstyledButton } from '@mantine/core'
import { IconChevronRight } from '@tabler/icons-react'
import { StrictName } from '#shared/contract/common.ts'
import type { MeshReach } from '#shared/contract/mesh.ts'
import type { DialectName } from '#shared/protocol/dialect.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { useCreateLocalMesh } from '../api/create-local-mesh.ts'
import { DIALECT_CHOICES } from '../dialect-choices.ts'
import styles from './mesh.module.css'
import { ReachFields } from './reach-fields.tsx'

interface LocalMeshFormProps {
  readonly onBack: () => void
  readonly onDone: () => void
  /** Of an operator that is there already: it fixes the dialect, and has this tenant. */
  readonly present?: { readonly dialect: DialectName; readonly tenant: string | null }
}

/** Creates a mesh of one's own: keys, a NATS server and the first tenant. */
export function LocalMeshForm({ onBack, onDone, present }: LocalMeshFormProps) {
  const [reach, setReach] = useState<MeshReach>({ kind: 'loopback' })
  const [tenant, setTenant] = useState(present?.tenant ?? 'default')
  const [dialect, setDialect] = useState<DialectName>(present?.dialect ?? 'device-connect')
  const [tried, setTried] = useState(false)
  const create = useCreateLocalMesh()
  const tenantProblem = StrictName.safeParse(tenant).error?.issues[0]?.message ?? null
  const addressMissing = reach.kind === 'network' && reach.address === ''
  const submit = () => {
    setTried(true)
    if (tenantProblem !== null || addressMissing) return
    create.mutate({ dialect, tenant, reach }, { onSuccess: onDone })
  }
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <ReachFields value={reach} onChange={setReach} />
      {typeof present?.tenant !== 'string' && (
        <TextInput
          label="First tenant"
          description="Tenants keep their devices apart from each other. More can be added later."
          value={tenant}
          onChange={(event) => setTenant(event.currentTarget.value)}
          error={tried && tenantProblem}
          maxLength={64}
        />
      )}
      {present === undefined && (
        <Advanced>
          <DialectSelect value={dialect} onChange={setDialect} />
        </Advanced>
      )}
      {tried && addressMissing && (
        <p className={styles.complaint} role="alert">
          Pick the address that devices connect to.
        </p>
      )}
      {create.isError && <ProblemNotice problem={problemOf(create.error)} />}
      <div className={styles.buttons}>
        <Button
          variant="subtle"
          color="gray"
          size="md"
          onClick={onBack}
          disabled={create.isPending}
        >
          Back
        </Button>
        <Button type="submit" size="md" loading={create.isPending}>
          Create the mesh
        </Button>
      </div>
      <p className={styles.progress} role="status">
        {create.isPending && 'Creating the keys and starting the server. This takes a few seconds.'}
      </p>
    </form>
  )
}

function Advanced({ children }: { children: React.ReactNode }) {
  const [open, setOpen] = useState(false)
  return (
    <div>
      <UnstyledButton
        className={styles.more}
        aria-expanded={open}
        onClick={() => setOpen((before) => !before)}
      >
        <IconChevronRight size={15} data-open={open} aria-hidden />
        Advanced
      </UnstyledButton>
      <Collapse expanded={open}>{children}</Collapse>
    </div>
  )
}

interface DialectSelectProps {
  readonly value: DialectName
  readonly onChange: (dialect: DialectName) => void
}

/** The names that devices of this deployment use on the wire. */
export function DialectSelect({ value, onChange }: DialectSelectProps) {
  return (
    <Select
      label="Dialect"
      description="The names that your devices use on the wire. It cannot be changed later."
      allowDeselect={false}
      data={DIALECT_CHOICES}
      value={value}
      onChange={(chosen) => {
        const choice = DIALECT_CHOICES.find((each) => each.value === chosen)
        if (choice !== undefined) onChange(choice.value)
      }}
    />
  )
}
