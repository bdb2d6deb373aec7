import { SegmentedControl } from '@mantine/core'
import type { Settings } from '#shared/contract/settings.ts'
import { SettingGroup, SettingRow } from '../../../ui/setting-row.tsx'

export interface GroupProps {
  readonly settings: Settings
  readonly onChange: (change: Partial<Settings>) => void
}

const THEMES: { value: Settings['theme']; label: string }[] = [
  { value: 'auto', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
]

/** How the window looks. */
export function AppearanceGroup({ settings, onChange }: GroupProps) {
  return (
    <SettingGroup title="Appearance">
      <SettingRow name="Colours">
        <SegmentedControl
          aria-label="Colours"
          size="sm"
          data={THEMES}
          value={settings.theme}
          onChange={(chosen) => {
            const theme = THEMES.find(({ value }) => value === chosen)?.value
            if (theme !== undefined) onChange({ theme })
          }}
        />
      </SettingRow>
    </SettingGroup>
  )
}
