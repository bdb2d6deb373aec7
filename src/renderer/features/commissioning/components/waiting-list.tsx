import { IconChevronRight, IconCpu } from '@tabler/icons-react'
import type { CommissioningJob } from '#shared/contract/commissioning.ts'
import type { DiscoveredDevice } from '#shared/contract/discovery.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import styles from './waiting-list.module.css'

interface WaitingListProps {
  readonly devices: readonly DiscoveredDevice[]
  readonly selectedKey: string | null
  /** Jobs that run now, by the key of their device. */
  readonly running: ReadonlyMap<string, CommissioningJob>
  readonly onSelect: (key: string) => void
}

/** The devices that wait, each a large target: this is used with gloves on. */
export function WaitingList({ devices, selectedKey, running, onSelect }: WaitingListProps) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- keys of the buttons in it
    <ul className={styles.list} aria-label="Waiting devices" onKeyDown={moveFocus}>
      {devices.map((device) => (
        <li key={device.key}>
          <button
            type="button"
            className={styles.row}
            aria-current={device.key === selectedKey}
            data-selected={device.key === selectedKey}
            data-reachable={device.reachable}
            onClick={() => onSelect(device.key)}
          >
            <span className={styles.icon}>
              <IconCpu size={21} stroke={1.5} aria-hidden />
            </span>
            <span className={styles.main}>
              <DeviceText text={device.deviceId} className={styles.id ?? ''} />
              <DeviceText text={device.deviceType ?? 'Unknown type'} className="m-muted" />
            </span>
            <span className={styles.place}>
              <DeviceText text={addressOf(device)} mono />
              <span className={`m-muted m-truncate ${styles.source ?? ''}`}>
                {sourceOf(device)}
              </span>
            </span>
            <span className={styles.state}>
              <RowState device={device} job={running.get(device.key)} />
            </span>
            <IconChevronRight size={18} className={styles.arrow} aria-hidden />
          </button>
        </li>
      ))}
    </ul>
  )
}

function RowState({
  device,
  job,
}: {
  device: DiscoveredDevice
  job: CommissioningJob | undefined
}) {
  if (job !== undefined) return <StateMark tone="busy" word="Commissioning" />
  if (device.conflict) return <StateMark tone="warn" word="Id claimed twice" />
  if (!device.reachable) return <StateMark tone="bad" word="Does not answer" />
  return (
    <span className="m-muted">
      <TimeText at={device.lastSeenAt} />
    </span>
  )
}

function addressOf({ addresses, host, port }: DiscoveredDevice): string {
  const address = addresses[0] ?? host ?? ''
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

function sourceOf({ source, interfaces }: DiscoveredDevice): string {
  if (source === 'address') return 'Added by address'
  return interfaces.length === 0 ? 'Found on the network' : `On ${interfaces.join(', ')}`
}

// Up and down go from device to device, as in every list.
function moveFocus(event: React.KeyboardEvent<HTMLUListElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  const rows = [...event.currentTarget.querySelectorAll<HTMLButtonElement>('button')]
  const index = rows.findIndex((row) => row === document.activeElement)
  const next = rows[index + (event.key === 'ArrowDown' ? 1 : -1)]
  if (next === undefined) return
  event.preventDefault()
  next.focus()
}
