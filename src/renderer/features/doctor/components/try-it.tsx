import { useState } from 'react'
import { Button, Group, Modal, SegmentedControl } from '@mantine/core'
import type { Diagnosis, DoctorTarget } from '#shared/contract/doctor.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { useLogin, useReach } from '../api/try-credential.ts'
import styles from './doctor.module.css'

interface TryItProps {
  readonly diagnosis: Diagnosis
  readonly onChange: (diagnosis: Diagnosis) => void
}

/** Contacts a server with it: only to look, or to log in. */
export function TryIt({ diagnosis, onChange }: TryItProps) {
  const { id, facts } = diagnosis
  const own = facts.urls.length > 0
  const [at, setAt] = useState<DoctorTarget>(own ? 'credential' : 'mesh')
  const [asking, setAsking] = useState(false)
  const reach = useReach()
  const login = useLogin()
  const error = reach.error ?? login.error
  return (
    <div className={styles.form}>
      {own && (
        <SegmentedControl
          size="xs"
          aria-label="Which server"
          value={at}
          onChange={(value) => setAt(value === 'mesh' ? 'mesh' : 'credential')}
          data={[
            { value: 'credential', label: 'At its addresses' },
            { value: 'mesh', label: 'At this mesh' },
          ]}
        />
      )}
      <Group gap="xs">
        <Button
          size="xs"
          variant="default"
          loading={reach.isPending}
          onClick={() => {
            login.reset()
            reach.mutate({ id, at }, { onSuccess: onChange })
          }}
        >
          Check the address
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={!facts.hasSeed}
          loading={login.isPending}
          onClick={() => setAsking(true)}
        >
          Try to log in…
        </Button>
      </Group>
      {!facts.hasSeed && (
        <p className={styles.hint}>Without its private seed nobody can log in with it.</p>
      )}
      {error !== null && <ProblemNotice problem={problemOf(error)} />}
      <Modal opened={asking} onClose={() => setAsking(false)} title="Log in with it now?">
        <p style={{ marginTop: 0 }}>
          Muster connects once with this credential,{' '}
          {at === 'mesh' ? 'to the mesh in use' : 'to the address in it'}, and leaves. Nothing is
          published or heard. To the server it looks as if its user had connected: a credential that
          waits for its device counts as taken then. The try becomes an entry of the audit log.
        </p>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={() => setAsking(false)}>
            Cancel
          </Button>
          <Button
            onClick={() => {
              setAsking(false)
              reach.reset()
              login.mutate({ id, at }, { onSuccess: onChange })
            }}
          >
            Log in
          </Button>
        </Group>
      </Modal>
    </div>
  )
}
