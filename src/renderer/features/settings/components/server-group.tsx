import { useState } from 'react'
import { Button, TextInput } from '@mantine/core'
import type { GroupProps } from './appearance-group.tsx'
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
            <TextInput
              aria-label="Path of nats-server"
              placeholder="Found by Muster"
              classNames={{ input: 'm-mono' }}
              style={{ flex: 1 }}
              spellCheck={false}
              maxLength={4096}
              value={path}
              onChange={(event) => setPath(event.currentTarget.value)}
            />
            <Button type="submit" variant="default" disabled={path.trim() === saved}>
              Save
            </Button>
          </form>
        }
      />
    </SettingGroup>
  )
}
