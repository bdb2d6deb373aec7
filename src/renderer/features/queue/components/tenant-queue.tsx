import { useState } from 'react'
import { Skeleton } from '@mantine/core'
import { IconHourglassEmpty } from '@tabler/icons-react'
import type { TenantLag } from '#shared/contract/queue.ts'
import { bytesText } from '../../../lib/bytes-text.ts'
import { useEnableQueue } from '../../../lib/live/enable-queue.ts'
import { problemOf } from '../../../lib/problem.ts'
import type { DataColumn } from '../../../ui/data-table/data-column.ts'
import { ListTable } from '../../../ui/data-table/list-table.tsx'
import { HEAD_HEIGHT_PX, ROW_HEIGHT_PX } from '../../../ui/data-table/use-drawn-rows.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { Fact, Facts } from '../../../ui/facts.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { QueueNotice } from '../../../ui/queue-notice.tsx'
import { Section } from '../../../ui/side-panel.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { useLag } from '../api/get-lag.ts'
import styles from './tenant-queue.module.css'

type DeviceLag = TenantLag['devices'][number]

const MAX_ROWS_HIGH = 12

const count = (value: number) => value.toLocaleString('en')

const COLUMNS: readonly DataColumn<DeviceLag>[] = [
  {
    id: 'device',
    title: 'Device',
    track: 'minmax(8rem, 1fr)',
    from: 0,
    cell: ({ deviceId }) => <DeviceText text={deviceId} className="m-strong" />,
  },
  {
    id: 'waiting',
    title: 'Waiting',
    track: '4rem',
    from: 0,
    cell: ({ pending, inFlight }) => <span className="m-numbers">{count(pending + inFlight)}</span>,
  },
  {
    id: 'dead',
    title: 'Failed',
    track: '3.5rem',
    from: 0,
    cell: ({ dead }) => <span className="m-numbers">{dead === 0 ? '' : count(dead)}</span>,
  },
  {
    id: 'redelivered',
    title: 'Redelivered',
    track: '5.5rem',
    from: 520,
    cell: ({ redelivered }) => (
      <span className="m-numbers">{redelivered === 0 ? '' : count(redelivered)}</span>
    ),
  },
  {
    id: 'oldest',
    title: 'Oldest',
    track: '5.5rem',
    from: 0,
    cell: ({ oldestAt }) => (oldestAt === null ? '' : <TimeText at={oldestAt} />),
  },
]

const deviceOf = ({ deviceId }: DeviceLag) => deviceId
const toneOf = ({ dead }: DeviceLag) => (dead > 0 ? ('bad' as const) : undefined)

interface TenantQueueProps {
  readonly tenant: string
  readonly onOpenDevice: (deviceId: string) => void
}

/** How far the devices of a tenant are behind with the commands that wait for them. */
export function TenantQueue({ tenant, onOpenDevice }: TenantQueueProps) {
  const lag = useLag(tenant)
  const enable = useEnableQueue()
  if (lag.isError && lag.data === undefined) {
    return <ProblemNotice problem={problemOf(lag.error)} />
  }
  if (lag.data === undefined) return <Skeleton height={200} radius="md" />
  const { availability, stream, devices, dead } = lag.data
  return (
    <>
      <QueueNotice
        tenant={tenant}
        availability={availability}
        onEnable={() => enable.mutate({ tenant })}
        isEnabling={enable.isPending}
        problem={enable.isError ? problemOf(enable.error) : null}
      />
      {dead > 0 && (
        <Notice
          tone="bad"
          title={
            dead === 1 ? 'One command failed too often' : `${count(dead)} commands failed too often`
          }
        >
          Open the device to see why, and to queue it again or discard it.
        </Notice>
      )}
      {availability.state === 'ready' && stream === null && (
        <EmptyState icon={IconHourglassEmpty} title="No command was queued for this tenant">
          Open a device, choose a function, and queue it: it waits until the device is back.
        </EmptyState>
      )}
      {stream !== null && <Figures lag={lag.data} stream={stream} />}
      {devices.length > 0 && <Devices devices={devices} onOpen={onOpenDevice} />}
      {stream !== null && devices.length === 0 && (
        <p className="m-muted" style={{ margin: 0 }}>
          Nothing waits: every command was fetched and acknowledged.
        </p>
      )}
    </>
  )
}

function Figures({ lag, stream }: { lag: TenantLag; stream: NonNullable<TenantLag['stream']> }) {
  const { bytes, maxBytes } = stream
  return (
    <Section title="Queue">
      <Facts>
        <Fact name="Not fetched yet">{count(lag.pending)}</Fact>
        <Fact name="With devices">{count(lag.inFlight)}</Fact>
        <Fact name="Redelivered">{count(lag.redelivered)}</Fact>
        <Fact name="Failed too often">{count(lag.dead)}</Fact>
        <Fact name="Oldest">
          {stream.oldestAt === null ? null : <TimeText at={stream.oldestAt} />}
        </Fact>
        <Fact name="Storage">
          {maxBytes === null ? bytesText(bytes) : `${bytesText(bytes)} of ${bytesText(maxBytes)}`}
        </Fact>
        <Fact name="Stream">
          <span className={styles.code}>{stream.name}</span>
        </Fact>
        <Fact name="Consumers">{count(lag.consumers)}</Fact>
      </Facts>
    </Section>
  )
}

function Devices({
  devices,
  onOpen,
}: {
  devices: readonly DeviceLag[]
  onOpen: (deviceId: string) => void
}) {
  const [active, setActive] = useState<string | null>(null)
  const rows = Math.min(devices.length, MAX_ROWS_HIGH)
  return (
    <Section title="Devices that are behind">
      <div className={styles.table} style={{ height: HEAD_HEIGHT_PX + rows * ROW_HEIGHT_PX + 1 }}>
        <ListTable
          label="Devices that are behind"
          columns={COLUMNS}
          rows={devices}
          keyOf={deviceOf}
          toneOf={toneOf}
          active={active}
          onActivate={({ deviceId }) => setActive(deviceId)}
          onOpen={({ deviceId }) => onOpen(deviceId)}
          onEscape={() => setActive(null)}
        />
      </div>
    </Section>
  )
}
