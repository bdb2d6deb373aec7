import { Checkbox } from '@mantine/core'
import { Notice } from '../../../ui/notice.tsx'
import { useDrives } from '../api/drives.ts'
import type { BundleDraft } from '../bundle-draft.ts'
import { DriveList } from './drive-list.tsx'

interface ChooseDriveProps {
  readonly draft: BundleDraft
  /** What will have to fit on it. */
  readonly bytes: number
  readonly onChange: (change: Partial<BundleDraft>) => void
}

/** A stick, out of those that are plugged in. */
export function ChooseDrive({ draft, bytes, onChange }: ChooseDriveProps) {
  const state = useDrives()
  const { driveId, sealing, eject } = draft
  const drive = state?.drives.find(({ id }) => id === driveId)
  return (
    <>
      <DriveList
        label="Drives"
        state={state}
        chosen={driveId}
        bytes={bytes}
        onChoose={({ id }) => onChange({ driveId: id })}
      />
      {state?.problem === null && driveId !== null && drive === undefined && (
        <Notice tone="warn" urgent title="The drive that you chose was pulled">
          Plug it in again, wherever: it is known by its serial number. Or choose another one.
        </Notice>
      )}
      {drive !== undefined && sealing === 'plain' && (
        <Notice
          tone="bad"
          title={
            drive.keepsPermissions
              ? 'Whoever finds the stick can use what is on it'
              : `Everybody who plugs it in can read an open bundle on ${drive.fileSystem ?? 'it'}`
          }
        >
          {drive.keepsPermissions
            ? 'The permissions of files do not bind on another computer.'
            : 'Its file system does not know who may read a file.'}{' '}
          Seal it, unless the stick never leaves your hand.
        </Notice>
      )}
      <Checkbox
        label="Eject it when all is on it"
        checked={eject}
        onChange={(event) => onChange({ eject: event.currentTarget.checked })}
      />
    </>
  )
}
