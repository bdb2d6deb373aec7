import { useCallback, type ReactNode } from 'react'
import { IconAlertTriangleFilled, IconActivity, IconClockExclamation } from '@tabler/icons-react'
import type { FleetDevice } from '#shared/contract/fleet.ts'
import { isFlapping, skewText } from '#shared/presence.ts'
import { useTimeText } from '../../../lib/time/use-now.ts'
import type { DataColumn } from '../../../ui/data-table/data-column.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { StateMark, type Tone } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import type { SortColumn } from '../fleet-order.ts'
import styles from './fleet-columns.module.css'

const STATES: Readonly<Record<FleetDevice['state'], { word: string; tone: Tone }>> = {
  online: { word: 'Online', tone: 'ok' },
  offline: { word: 'Offline', tone: 'off' },
  pending: { word: 'Pending', tone: 'warn' },
}

function StateCell({ device }: { device: FleetDevice }) {
  const { state, errorState: error } = device
  const skew = skewText(device)
  return (
    <span className={styles.state}>
      <StateMark tone={STATES[state].tone} word={STATES[state].word} />
      {error !== null && (
        <span title={error} className={styles.error}>
          <IconAlertTriangleFilled size={15} role="img" aria-label="Reports an error" />
        </span>
      )}
      <FlappingMark device={device} />
      {skew !== null && (
        <span title={`Its clock is ${skew}`} className={styles.warning}>
          <IconClockExclamation size={15} role="img" aria-label={`Its clock is ${skew}`} />
        </span>
      )}
    </span>
  )
}

function FlappingMark({ device }: { device: FleetDevice }) {
  const flapping = useTimeText(
    useCallback((now) => (isFlapping(device, now) ? 'Comes and goes' : ''), [device]),
  )
  if (flapping === '') return null
  return (
    <span title={flapping} className={styles.warning}>
      <IconActivity size={15} role="img" aria-label={flapping} />
    </span>
  )
}

const text = (value: string | null): ReactNode =>
  value === null ? <span className="m-muted">–</span> : <DeviceText text={value} />

/** The columns of the fleet, in their order. */
export const FLEET_COLUMNS: readonly DataColumn<FleetDevice, SortColumn>[] = [
  {
    id: 'state',
    orderBy: 'state',
    title: 'State',
    track: '7.5rem',
    from: 0,
    cell: (device) => <StateCell device={device} />,
  },
  {
    id: 'deviceId',
    orderBy: 'deviceId',
    title: 'Device',
    track: 'minmax(9rem, 2fr)',
    from: 0,
    cell: ({ deviceId }) => <DeviceText text={deviceId} className="m-strong" />,
  },
  {
    id: 'deviceType',
    orderBy: 'deviceType',
    title: 'Type',
    track: 'minmax(7rem, 1.4fr)',
    from: 480,
    cell: ({ deviceType }) => text(deviceType),
  },
  {
    id: 'location',
    orderBy: 'location',
    title: 'Location',
    track: 'minmax(7rem, 1.4fr)',
    from: 620,
    cell: ({ location }) => text(location),
  },
  {
    id: 'tenant',
    orderBy: 'tenant',
    title: 'Tenant',
    track: 'minmax(6rem, 1fr)',
    from: 760,
    cell: ({ tenant }) => text(tenant),
  },
  {
    id: 'firmwareVersion',
    orderBy: 'firmwareVersion',
    title: 'Firmware',
    track: 'minmax(5.5rem, 0.8fr)',
    from: 900,
    cell: ({ firmwareVersion }) => text(firmwareVersion),
  },
  {
    id: 'lastSeenAt',
    orderBy: 'lastSeenAt',
    title: 'Last seen',
    track: '7rem',
    from: 360,
    cell: ({ lastSeenAt }) => <TimeText at={lastSeenAt} />,
  },
]
