import { useState } from 'react'
import { Button, Modal, Skeleton } from '@mantine/core'
import { IconServerCog } from '@tabler/icons-react'
import type { ManagedMesh } from '#shared/contract/resolver.ts'
import { problemOf } from '../../../lib/problem.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { SettingGroup, SettingRow } from '../../../ui/setting-row.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { useManaged } from '../api/use-managed.ts'
import { KINDS } from '../resolver-words.ts'
import { ConfigurationDialog } from './configuration-dialog.tsx'
import { ManagedMeshForm } from './managed-mesh-form.tsx'

/** Servers elsewhere that trust this profile's operator: what they need, and how to add one. */
export function ManagedSettings() {
  const managed = useManaged()
  const [adding, setAdding] = useState(false)
  const [shown, setShown] = useState<ManagedMesh | null>(null)
  return (
    <SettingGroup
      title="Servers with this profile’s operator"
      aside={
        <Button
          variant="default"
          size="xs"
          leftSection={<IconServerCog size={15} />}
          onClick={() => setAdding(true)}
        >
          Manage a server…
        </Button>
      }
    >
      {managed.isPending && <SettingRow name={<Skeleton height={16} w={180} />} />}
      {managed.isError && (
        <SettingRow name="" below={<ProblemNotice problem={problemOf(managed.error)} />} />
      )}
      {managed.data?.length === 0 && (
        <SettingRow
          name="None yet"
          help="A nats-server or cluster that runs elsewhere can take its accounts from this profile: Muster then makes tenants and credentials there as on the local mesh."
        />
      )}
      {managed.data?.map((mesh) => (
        <SettingRow
          key={mesh.id}
          name={<DeviceText text={mesh.name} />}
          help={<DeviceText text={`${KINDS[mesh.resolver]} · ${mesh.urls.join(', ')}`} />}
          {...(mesh.active
            ? {}
            : {
                below: (
                  <span className="m-muted">
                    Not in use: what changes meanwhile, revocations too, reaches these servers when
                    you use them again.
                  </span>
                ),
              })}
        >
          {mesh.active && <StateMark tone="ok" word="In use" />}
          <Button variant="default" size="xs" onClick={() => setShown(mesh)}>
            Server configuration…
          </Button>
        </SettingRow>
      ))}
      <Modal
        opened={adding}
        onClose={() => setAdding(false)}
        title="Manage a server with this profile’s operator"
        size="lg"
      >
        <ManagedMeshForm
          onCancel={() => setAdding(false)}
          onAdded={(mesh) => {
            setAdding(false)
            setShown(mesh)
          }}
        />
      </Modal>
      <ConfigurationDialog mesh={shown} onClose={() => setShown(null)} />
    </SettingGroup>
  )
}
