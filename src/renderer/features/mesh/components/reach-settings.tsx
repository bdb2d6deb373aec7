import { useState } from 'react'
import { Button } from '@mantine/core'
import type { MeshReach, MeshState } from '#shared/contract/mesh.ts'
import { problemOf } from '../../../lib/problem.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { SettingGroup, SettingRow } from '../../../ui/setting-row.tsx'
import { useSetReach } from '../api/set-reach.ts'
import { ReachFields } from './reach-fields.tsx'
import styles from './mesh.module.css'

/** Who can reach the local mesh, and the way to change it. */
export function ReachSettings({ mesh }: { mesh: MeshState }) {
  const [editing, setEditing] = useState(false)
  return (
    <SettingGroup title="Local mesh">
      <SettingRow
        name={mesh.reach === 'network' ? 'Open to devices on the network' : 'This computer only'}
        help={
          <>
            {mesh.deviceUrls.map((url) => (
              <DeviceText key={url} text={url} mono />
            ))}
            {mesh.reach === 'network' && (mesh.tls ? 'Encrypted with TLS' : 'Not encrypted')}
          </>
        }
        below={editing ? <ReachForm mesh={mesh} onDone={() => setEditing(false)} /> : undefined}
      >
        {!editing && (
          <Button variant="default" size="xs" onClick={() => setEditing(true)}>
            Change…
          </Button>
        )}
      </SettingRow>
    </SettingGroup>
  )
}

function ReachForm({ mesh, onDone }: { mesh: MeshState; onDone: () => void }) {
  const [reach, setReach] = useState<MeshReach>(() => reachOf(mesh))
  const change = useSetReach()
  const incomplete = reach.kind === 'network' && reach.address === ''
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (!incomplete) change.mutate(reach, { onSuccess: onDone })
      }}
    >
      <ReachFields value={reach} onChange={setReach} />
      <Notice tone="info" title="The server restarts">
        Connected devices reconnect by themselves within seconds. Devices that were commissioned
        with another address keep that one in their credentials and have to be commissioned again
        when it is gone.
      </Notice>
      {change.isError && <ProblemNotice problem={problemOf(change.error)} />}
      <div className={styles.buttons}>
        <Button variant="subtle" color="gray" onClick={onDone} disabled={change.isPending}>
          Cancel
        </Button>
        <Button type="submit" loading={change.isPending} disabled={incomplete}>
          Restart with this
        </Button>
      </div>
    </form>
  )
}

/** The reach as it is now; the address is the host of the first URL that devices get. */
function reachOf(mesh: MeshState): MeshReach {
  const url = mesh.deviceUrls[0]
  if (mesh.reach !== 'network' || url === undefined) return { kind: 'loopback' }
  const address = URL.canParse(url) ? new URL(url).hostname.replaceAll(/[[\]]/gu, '') : ''
  return { kind: 'network', address, tls: mesh.tls }
}
