import { useState } from 'react'
import { Button, Modal, Skeleton } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import type { MeshState, RemoteConnection } from '#shared/contract/mesh.ts'
import { problemOf } from '../../../lib/problem.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { SettingGroup, SettingRow } from '../../../ui/setting-row.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { useConnections } from '../api/connections.ts'
import { useRemoveRemote } from '../api/remove-remote.ts'
import { useUseMesh } from '../api/use-mesh.ts'
import { RemoteMeshForm } from './remote-mesh-form.tsx'

/** The saved connections: switch to one, add one, remove one. */
export function ConnectionList({ mesh }: { mesh: MeshState }) {
  const connections = useConnections()
  const [adding, setAdding] = useState(false)
  const use = useUseMesh()
  return (
    <SettingGroup
      title="Meshes"
      aside={
        <Button
          variant="default"
          size="xs"
          leftSection={<IconPlus size={15} />}
          onClick={() => setAdding(true)}
        >
          Add a connection…
        </Button>
      }
    >
      <SettingRow name="Local mesh" help="Runs on this computer.">
        {mesh.kind === 'local' ? (
          <StateMark tone="ok" word="In use" />
        ) : (
          <UseButton id="local" use={use} />
        )}
      </SettingRow>
      {connections.isPending && <SettingRow name={<Skeleton height={16} w={180} />} />}
      {connections.isError && (
        <SettingRow name="" below={<ProblemNotice problem={problemOf(connections.error)} />} />
      )}
      {connections.data?.map((connection) => (
        <ConnectionRow key={connection.id} connection={connection} use={use} />
      ))}
      {use.isError && (
        <SettingRow
          name=""
          below={<ProblemNotice problem={problemOf(use.error)} onClose={use.reset} />}
        />
      )}
      <Modal opened={adding} onClose={() => setAdding(false)} title="Connect to a mesh" size="lg">
        <RemoteMeshForm
          backLabel="Cancel"
          onBack={() => setAdding(false)}
          onDone={() => setAdding(false)}
        />
      </Modal>
    </SettingGroup>
  )
}

type UseMesh = ReturnType<typeof useUseMesh>

function UseButton({ id, use }: { id: string; use: UseMesh }) {
  return (
    <Button
      variant="default"
      size="xs"
      loading={use.isPending && use.variables.id === id}
      onClick={() => use.mutate({ id })}
    >
      Use
    </Button>
  )
}

function ConnectionRow({ connection, use }: { connection: RemoteConnection; use: UseMesh }) {
  const { id, name, urls, tenant, active, managed } = connection
  const [asking, setAsking] = useState(false)
  const remove = useRemoveRemote()
  return (
    <SettingRow
      name={<DeviceText text={name} />}
      help={<DeviceText text={`${tenant} · ${urls.join(', ')}`} />}
    >
      {active ? <StateMark tone="ok" word="In use" /> : <UseButton id={id} use={use} />}
      {!active && (
        <Button variant="subtle" color="gray" size="xs" onClick={() => setAsking(true)}>
          Remove
        </Button>
      )}
      <Modal
        opened={asking}
        onClose={() => setAsking(false)}
        title={
          <>
            Remove <bdi>{name}</bdi>?
          </>
        }
      >
        <p style={{ marginTop: 0 }}>
          {managed
            ? 'Muster forgets where these servers are. They and their devices stay as they are, with the accounts that they have; later changes and revocations do not reach them any more.'
            : 'Muster forgets the connection and deletes its credentials from the keychain. The mesh and its devices stay as they are; to come back you need the credentials file again.'}
        </p>
        {remove.isError && <ProblemNotice problem={problemOf(remove.error)} />}
        <div style={{ display: 'flex', justifyContent: 'flex-end', gap: 8, marginTop: 16 }}>
          <Button variant="default" onClick={() => setAsking(false)}>
            Keep
          </Button>
          <Button
            color="red"
            loading={remove.isPending}
            onClick={() => remove.mutate({ id }, { onSuccess: () => setAsking(false) })}
          >
            Remove
          </Button>
        </div>
      </Modal>
    </SettingRow>
  )
}
