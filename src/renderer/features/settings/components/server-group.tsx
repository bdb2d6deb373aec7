import { useState } from 'react'
import { Button } from '@mantine/core'
import type { GroupProps } from './appearance-group.tsx'
import { PathInput } from '../../../ui/path-input.tsx'
import { SettingGroup, SettingRow } from '../../../ui/setting-row.tsx'

/** Where the server of the local mesh is found. */
export function ServerGroup({ settings, onChange }: GroupProps) {
  const [path, setPath] = useState(settings.natsServerPath ?? '')
  const saved = settings.natsServerPath ?? ''
  return (
    <SettingGroup title="nats-server">
      <SettingRow
        name="Path of the program"
        help="Empty: Muster uses its own copy or the one on the PATH. Takes effect when the local mesh starts next."
        below={
          <form
            style={{ display: 'flex', gap: 8 }}
            onSubmit={(event) => {
              event.preventDefault()
              onChange({ natsServerPath: path.trim() === '' ? null : path.trim() })
            }}
          >
            <div style={{ flex: 1 }}>
              <PathInput
                aria-label="Path of nats-server"
                kind="file"
                placeholder="Found by Muster"
                value={path}
                onChange={setPath}
              />
            </div>
            <Button type="submit" variant="default" disabled={path.trim() === saved}>
              Save
            </Button>
          </form>
        }
      />
    </SettingGroup>
  )
}
