import { Radio, Skeleton } from '@mantine/core'
import { IconDeviceUsb } from '@tabler/icons-react'
import type { Drive } from '#shared/contract/bundles.ts'
import { bytesText } from '../../../lib/bytes-text.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import type { DrivesState } from '../api/drives.ts'
import { driveObstacle } from '../drive-words.ts'
import styles from './drive-list.module.css'

interface DriveListProps {
  readonly label: string
  /** Undefined until main told them. */
  readonly state: DrivesState | undefined
  readonly chosen: string | null
  readonly onChoose: (drive: Drive) => void
  /** What has to fit on it; null where it is only looked at. */
  readonly bytes: number | null
}

/** Removable drives, as they come and go. */
export function DriveList({ label, state, chosen, onChoose, bytes }: DriveListProps) {
  if (state === undefined)
    return <Skeleton height={64} radius="md" aria-label="Looking for drives" />
  if (state.problem !== null) return <ProblemNotice problem={state.problem} />
  const { drives } = state
  if (drives.length === 0) {
    return (
      <div className={styles.none} role="status">
        <IconDeviceUsb size={22} stroke={1.5} aria-hidden />
        <div>
          <strong>No stick is plugged in</strong>
          <div>
            Plug one into the computer that runs Muster: it shows here by itself. Disks of the
            system are never offered.
          </div>
        </div>
      </div>
    )
  }
  return (
    <Radio.Group
      aria-label={label}
      value={drives.some(({ id }) => id === chosen) ? chosen : null}
      onChange={(id) => {
        const drive = drives.find((one) => one.id === id)
        if (drive !== undefined) onChoose(drive)
      }}
    >
      <div className={styles.drives}>
        {drives.map((drive) => (
          <DriveCard key={drive.id} drive={drive} bytes={bytes} />
        ))}
      </div>
    </Radio.Group>
  )
}

function DriveCard({ drive, bytes }: { drive: Drive; bytes: number | null }) {
  const { id, name, model, path, fileSystem, freeBytes } = drive
  const obstacle = driveObstacle(drive, bytes)
  return (
    <Radio.Card value={id} className={styles.card ?? ''} disabled={obstacle !== undefined}>
      <IconDeviceUsb size={22} stroke={1.5} className={styles.icon} aria-hidden />
      <span className={styles.text}>
        <span className={styles.title}>
          <DeviceText text={name} />
          {model !== null && (
            <span className={styles.model}>
              <DeviceText text={model} />
            </span>
          )}
        </span>
        <span className={styles.detail}>
          {bytesText(drive.bytes)}
          {freeBytes !== null && `, ${bytesText(freeBytes)} free`}
          {fileSystem !== null && `, ${fileSystem}`}
          {path !== null && (
            <>
              {' at '}
              <bdi className={styles.path}>{path}</bdi>
            </>
          )}
        </span>
        {obstacle !== undefined && <span className={styles.detail}>{obstacle.advice}</span>}
      </span>
      {obstacle === undefined ? (
        <Radio.Indicator size="sm" />
      ) : (
        <StateMark tone="warn" word={obstacle.word} />
      )}
    </Radio.Card>
  )
}
