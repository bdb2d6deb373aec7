import { CopyIcon } from '../../../ui/copy-button.tsx'
import { DeviceText } from '../../../ui/device-text.tsx'
import { useAppInfo } from '../api/get-app-info.ts'
import { SettingGroup, SettingRow } from '../../../ui/setting-row.tsx'

/** Version and folders, for whoever asks for them in a support case. */
export function AboutGroup() {
  const { data: info } = useAppInfo()
  if (info === undefined) return null
  return (
    <SettingGroup title="About">
      <SettingRow
        name={`Muster ${info.version}`}
        help={
          info.host === 'electron'
            ? `Desktop app on ${info.platform}`
            : `In a browser, served from ${info.platform}`
        }
      />
      <SettingRow
        name="Profile folder"
        help={<Path path={info.profileFolder} what="profile folder" />}
      />
      <SettingRow name="Log folder" help={<Path path={info.logFolder} what="log folder" />} />
    </SettingGroup>
  )
}

function Path({ path, what }: { path: string; what: string }) {
  return (
    <span style={{ display: 'flex', alignItems: 'center', gap: 4 }}>
      <DeviceText text={path} mono />
      <CopyIcon text={path} what={what} />
    </span>
  )
}
