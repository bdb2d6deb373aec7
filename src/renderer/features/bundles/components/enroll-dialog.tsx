import { useState } from 'react'
import {
  Autocomplete,
  Button,
  Checkbox,
  Modal,
  NumberInput,
  SegmentedControl,
  Select,
  TextInput,
} from '@mantine/core'
import type { EnrollmentKind, EnrollmentTicket } from '#shared/contract/enrollment.ts'
import { useTenants } from '../../../lib/live/tenants.ts'
import { problemOf } from '../../../lib/problem.ts'
import { CopyTextButton } from '../../../ui/copy-button.tsx'
import dialog from '../../../ui/dialog.module.css'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { SubmitRow } from '../../../ui/submit-row.tsx'
import { Countdown } from '../../../ui/time-text.tsx'
import { useCreateEnrollment, usePackageServers } from '../api/enrollment.ts'
import { useHosts } from '../api/plan.ts'
import { isLoopback, MAX_DAYS } from '../bundle-draft.ts'
import styles from './bundles.module.css'

const MINUTES: readonly { readonly value: string; readonly label: string }[] = [
  { value: '15', label: '15 minutes' },
  { value: '60', label: 'An hour' },
  { value: '480', label: '8 hours' },
  { value: '1440', label: 'A day' },
  { value: '10080', label: 'A week' },
]
const DEFAULT_DAYS = 90

interface EnrollDialogProps {
  readonly tenant: string
  readonly opened: boolean
  readonly onClose: () => void
}

/** Asks for whom a token is, and shows it once. */
export function EnrollDialog({ tenant, opened, onClose }: EnrollDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} size="lg" title="New enrollment token">
      {opened && <EnrollForm tenant={tenant} onClose={onClose} />}
    </Modal>
  )
}

function EnrollForm({ tenant, onClose }: Omit<EnrollDialogProps, 'opened'>) {
  const tenants = useTenants() ?? []
  const servers = usePackageServers()
  const hosts = useHosts('collector')
  const create = useCreateEnrollment()
  const [kind, setKind] = useState<EnrollmentKind>('collector')
  const [chosen, setChosen] = useState(tenant)
  const [name, setName] = useState('')
  const [server, setServer] = useState<string | null>(null)
  const [mesh, setMesh] = useState<string | null>(null)
  const [minutes, setMinutes] = useState('60')
  const [days, setDays] = useState(DEFAULT_DAYS)
  const [allowLoopback, setAllowLoopback] = useState(false)

  if (create.data !== undefined) return <Ticket ticket={create.data} onClose={onClose} />
  const serverUrl = server ?? servers.data?.[0]?.url ?? ''
  const url = mesh ?? hosts.data?.[0]?.url ?? ''
  const loopback = isLoopback(url) || isLoopback(serverUrl.replace(/^https:/u, 'wss:'))
  const ready = name !== '' && chosen !== '' && serverUrl !== '' && url !== ''
  const failure = create.error ?? hosts.error ?? servers.error
  return (
    <form
      className={dialog.body}
      onSubmit={(event) => {
        event.preventDefault()
        if (!ready) return
        create.mutate({
          kind,
          tenant: chosen,
          name,
          serverUrl,
          urls: [url],
          allowLoopback,
          minutes: Number(minutes),
          validDays: days,
        })
      }}
    >
      <SegmentedControl
        aria-label="Kind"
        fullWidth
        value={kind}
        onChange={(value) => setKind(value)}
        data={[
          { value: 'collector', label: 'Collector' },
          { value: 'device', label: 'Device' },
        ]}
      />
      <div className={styles.row}>
        <Select
          label="Tenant"
          placeholder="Choose"
          searchable
          data={tenants.filter(({ account }) => account !== null).map((one) => one.name)}
          value={chosen === '' ? null : chosen}
          onChange={(value) => setChosen(value ?? '')}
        />
        <TextInput
          label="Name"
          placeholder={kind === 'collector' ? 'collector-1' : 'pump-17'}
          data-autofocus
          maxLength={64}
          value={name}
          onChange={(event) => setName(event.currentTarget.value.trim())}
        />
      </div>
      <div className={styles.row}>
        <Select
          label="The token is good for"
          allowDeselect={false}
          data={[...MINUTES]}
          value={minutes}
          onChange={(value) => setMinutes(value ?? '60')}
        />
        <NumberInput
          label="The credential is valid for"
          suffix=" days"
          min={1}
          max={MAX_DAYS}
          allowDecimal={false}
          value={days}
          onChange={(value) => setDays(Number(value) || DEFAULT_DAYS)}
        />
      </div>
      <Autocomplete
        label="This computer is reached at"
        description="The package is fetched there while Muster runs."
        classNames={{ input: styles.mono ?? '' }}
        spellCheck={false}
        data={servers.data?.map((one) => one.url) ?? []}
        value={serverUrl}
        onChange={setServer}
      />
      <Autocomplete
        label="The mesh is reached at"
        classNames={{ input: styles.mono ?? '' }}
        spellCheck={false}
        data={hosts.data?.map((one) => one.url) ?? []}
        value={url}
        onChange={setMesh}
      />
      {loopback && (
        <Notice tone="warn" title="An address means “this computer” wherever it is used">
          <Checkbox
            label="The package is for this computer"
            checked={allowLoopback}
            onChange={(event) => setAllowLoopback(event.currentTarget.checked)}
          />
        </Notice>
      )}
      {failure !== null && <ProblemNotice problem={problemOf(failure)} />}
      <SubmitRow
        onCancel={onClose}
        disabled={!ready || (loopback && !allowLoopback)}
        loading={create.isPending}
      >
        Make the token
      </SubmitRow>
    </form>
  )
}

/** The token and its command: shown here and never again. */
function Ticket({ ticket, onClose }: { ticket: EnrollmentTicket; onClose: () => void }) {
  const { enrollment, command, token } = ticket
  return (
    <div className={dialog.body}>
      <Notice tone="info" title="This is shown once">
        Whoever has it gets a credential of {enrollment.tenant}, once. Send it by a way that only{' '}
        <bdi>{enrollment.name}</bdi> reads. It is good for{' '}
        <Countdown until={enrollment.expiresAt} />, and you can revoke it at any time.
      </Notice>
      <section aria-label="Command">
        <div className={styles.copyHead}>
          <span>In a shell on {enrollment.name}</span>
          <CopyTextButton text={command} label="Copy the command" />
        </div>
        <code className={styles.ticket}>{command}</code>
      </section>
      <section aria-label="Token">
        <div className={styles.copyHead}>
          <span>For a program that takes enrollment tokens</span>
          <CopyTextButton text={token} label="Copy the token" />
        </div>
        <code className={styles.ticket}>{token}</code>
      </section>
      <div className={dialog.footer}>
        <Button onClick={onClose}>Done</Button>
      </div>
    </div>
  )
}
