import { useState } from 'react'
import { Button, Modal, Skeleton, TextInput } from '@mantine/core'
import type { ClearPreview } from '#shared/contract/tenants.ts'
import { counted } from '../../../lib/counted.ts'
import { problemOf } from '../../../lib/problem.ts'
import { useFleet } from '../../../lib/live/fleet.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { SubjectText } from '../../../ui/subject-text.tsx'
import { useClearTenant } from '../api/tenant-mutations.ts'
import { useClearPreview } from '../api/tenant-queries.ts'
import { bytesText } from '../../../lib/bytes-text.ts'
import styles from './tenant-forms.module.css'

interface ClearDialogProps {
  readonly tenant: string
  readonly opened: boolean
  readonly onClose: () => void
  readonly onCleared: () => void
}

/** Says what clearing a tenant takes down, and asks for its name. */
export function ClearDialog({ tenant, opened, onClose, onCleared }: ClearDialogProps) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      size="lg"
      title={
        <>
          Clear <bdi>{tenant}</bdi>?
        </>
      }
    >
      {opened && <ClearForm tenant={tenant} onClose={onClose} onCleared={onCleared} />}
    </Modal>
  )
}

function ClearForm({ tenant, onClose, onCleared }: Omit<ClearDialogProps, 'opened'>) {
  const preview = useClearPreview(tenant)
  const clear = useClearTenant()
  const [typed, setTyped] = useState('')
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (typed === tenant) clear.mutate({ tenant, typed }, { onSuccess: onCleared })
      }}
    >
      {preview.isError && <ProblemNotice problem={problemOf(preview.error)} />}
      {preview.isPending && <Skeleton height={150} radius="md" />}
      {preview.data !== undefined && <Losses tenant={tenant} preview={preview.data} />}
      <TextInput
        label={`Type ${tenant} to confirm`}
        autoComplete="off"
        data-autofocus
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      {clear.isError && (
        <ProblemNotice problem={problemOf(clear.error)}>
          What was begun goes on as soon as it can.{' '}
        </ProblemNotice>
      )}
      <div className={styles.buttons}>
        <Button variant="default" onClick={onClose}>
          Keep
        </Button>
        <Button
          type="submit"
          color="red"
          disabled={typed !== tenant || preview.data === undefined}
          loading={clear.isPending}
        >
          Clear the tenant
        </Button>
      </div>
    </form>
  )
}

function Losses({ tenant, preview }: { tenant: string; preview: ClearPreview }) {
  const devices = useFleet()?.devices.filter((device) => device.tenant === tenant) ?? []
  const online = devices.filter(({ state }) => state === 'online').length
  const { accountGoes, sharedWith, connections, credentials, streams, importedBy, keys } = preview
  return (
    <div>
      <p style={{ margin: '0 0 0.5rem' }}>This can not be undone. It takes down:</p>
      <ul className={styles.list}>
        <li>
          {accountGoes
            ? 'the account, off the resolver: everybody connected to it is cut'
            : `its part of the shared account; ${sharedWith.join(', ')} stay`}
        </li>
        <li>
          {devices.length === 0
            ? 'no devices'
            : `${counted(devices.length, 'device')}, ${online.toLocaleString('en')} of them online; they have to be commissioned again to come back`}
          {connections !== null && accountGoes && `; ${counted(connections, 'connection')} now`}
        </li>
        <li>
          {credentials === 0
            ? 'no usable credentials'
            : `${counted(credentials, 'usable credential')}, revoked for good`}
        </li>
        <li>{streamsText(streams)}</li>
        {importedBy.map(({ tenant: other, subject, type }) => (
          <li key={`${other} ${type} ${subject}`}>
            what <bdi>{other}</bdi> takes from it: the {type} <SubjectText subject={subject} />
          </li>
        ))}
        <li>{keys === 0 ? 'no keys' : `${counted(keys, 'key')} of the account, deleted last`}</li>
      </ul>
      <p className={styles.hint} style={{ marginTop: '0.5rem' }}>
        Audit entries and lines of the ledger stay. Credential files that were handed out stop
        working.
      </p>
    </div>
  )
}

function streamsText(streams: ClearPreview['streams']): string {
  if (streams === null) return 'whatever it keeps in JetStream, which can not be read now'
  if (streams.length === 0) return 'nothing in JetStream'
  const messages = streams.reduce((sum, stream) => sum + stream.messages, 0)
  const bytes = streams.reduce((sum, stream) => sum + stream.bytes, 0)
  const names = streams.map(({ name }) => name).join(', ')
  return `${counted(streams.length, 'stream')} in JetStream (${names}) with ${counted(messages, 'message')}, ${bytesText(bytes)}`
}
