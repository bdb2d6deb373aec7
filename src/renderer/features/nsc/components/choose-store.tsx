import { useState } from 'react'
import { Button, Skeleton } from '@mantine/core'
import { IconFolderSearch } from '@tabler/icons-react'
import type { NscScan } from '#shared/contract/nsc.ts'
import { problemOf } from '../../../lib/problem.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { PathInput } from '../../../ui/path-input.tsx'
import { SettingGroup, SettingRow } from '../../../ui/setting-row.tsx'
import { useLocations } from '../api/locations.ts'
import { useScan } from '../api/scan.ts'
import styles from './nsc.module.css'

/** Where the store is: one that was found, or a folder that the person names. */
export function ChooseStore({ onScanned }: { onScanned: (scan: NscScan) => void }) {
  const locations = useLocations()
  const scan = useScan()
  const [folder, setFolder] = useState('')
  const busyWith = scan.isPending ? JSON.stringify(scan.variables) : ''
  const look = (target: { location: string } | { folders: string[] }) =>
    scan.mutate(target, { onSuccess: onScanned })
  return (
    <SettingGroup title="Bring in a store of nsc">
      {locations.isPending && <SettingRow name={<Skeleton height={16} w={220} />} />}
      {locations.isError && (
        <SettingRow name="" below={<ProblemNotice problem={problemOf(locations.error)} />} />
      )}
      {locations.data?.map(({ id, title, folders }) => (
        <SettingRow
          key={id}
          name={title}
          help={
            <span className={styles.paths}>
              {folders.map((path) => (
                <DeviceText key={path} text={path} mono wrap />
              ))}
            </span>
          }
        >
          <Button
            variant="default"
            size="xs"
            loading={busyWith === JSON.stringify({ location: id })}
            disabled={scan.isPending}
            onClick={() => look({ location: id })}
            aria-label={`Look into the store of ${title}`}
          >
            Look into it
          </Button>
        </SettingRow>
      ))}
      {locations.data?.length === 0 && (
        <SettingRow
          name="No store of nsc was found"
          help="Neither in its own folders nor where NSC_HOME and NKEYS_PATH point. If there is one elsewhere, name its folder."
        />
      )}
      <form
        className={styles.folder}
        onSubmit={(event) => {
          event.preventDefault()
          if (folder.trim() !== '') look({ folders: [folder.trim()] })
        }}
      >
        <PathInput
          label="Another folder"
          kind="folder"
          description="The one that holds both the JWTs and the keys, such as the .nsc folder beside the scripts that made them. Everything below it is looked through."
          placeholder="~/security_infra/.nsc"
          value={folder}
          onChange={setFolder}
        />
        <Button
          type="submit"
          variant="default"
          loading={busyWith.startsWith('{"folders"')}
          disabled={scan.isPending || folder.trim() === ''}
          leftSection={<IconFolderSearch size={16} />}
        >
          Look
        </Button>
      </form>
      {scan.isError && (
        <SettingRow
          name=""
          below={<ProblemNotice problem={problemOf(scan.error)} onClose={scan.reset} />}
        />
      )}
    </SettingGroup>
  )
}
