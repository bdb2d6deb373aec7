import type { ReactNode } from 'react'
import { Skeleton, Tabs } from '@mantine/core'
import { IconServerOff } from '@tabler/icons-react'
import type { DeviceAddress, DeviceRecord, FleetDevice } from '#shared/contract/fleet.ts'
import { problemOf } from '../../../lib/problem.ts'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { PanelTabs } from '../../../ui/panel-tabs.tsx'
import { useRecord } from '../api/get-record.ts'
import styles from './device-view.module.css'
import { EventsTab } from './events-tab.tsx'
import { FunctionsTab } from './functions-tab.tsx'
import { OverviewTab } from './overview-tab.tsx'
import { QueueTab } from './queue-tab.tsx'
import { RecordTab } from './record-tab.tsx'

const TABS = ['overview', 'functions', 'queue', 'events', 'record'] as const
export type DeviceTab = (typeof TABS)[number]

/** The tab that a text names; the first one where it names none. */
export function deviceTab(text: string | undefined): DeviceTab {
  return TABS.find((tab) => tab === text) ?? 'overview'
}

interface DeviceViewProps {
  readonly address: DeviceAddress
  readonly device: FleetDevice
  readonly tab: DeviceTab
  readonly onTab: (tab: DeviceTab) => void
  readonly onForgotten: () => void
}

/** Everything about one device, in tabs. */
export function DeviceView({ address, device, tab, onTab, onForgotten }: DeviceViewProps) {
  const record = useRecord(address)
  return (
    <PanelTabs value={tab} onChange={(value) => onTab(deviceTab(value ?? undefined))}>
      <Tabs.List>
        <Tabs.Tab value="overview">Overview</Tabs.Tab>
        <Tabs.Tab value="functions" rightSection={<Count of={device.functionCount} />}>
          Functions
        </Tabs.Tab>
        <Tabs.Tab value="queue">Queue</Tabs.Tab>
        <Tabs.Tab value="events">Events</Tabs.Tab>
        <Tabs.Tab value="record">Record</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="overview">
        {record.isError && <ProblemNotice problem={problemOf(record.error)} />}
        <OverviewTab
          address={address}
          device={device}
          record={record.isError ? null : record.data}
          onForgotten={onForgotten}
        />
      </Tabs.Panel>
      <Tabs.Panel value="functions">
        <WithRecord record={record}>
          {(found) => (
            <FunctionsTab
              address={address}
              record={found}
              online={device.state === 'online'}
              onShowQueue={() => onTab('queue')}
            />
          )}
        </WithRecord>
      </Tabs.Panel>
      <Tabs.Panel value="queue">
        {tab === 'queue' && (
          <QueueTab address={address} device={device} onFunctions={() => onTab('functions')} />
        )}
      </Tabs.Panel>
      <Tabs.Panel value="events">
        <EventsTab address={address} />
      </Tabs.Panel>
      <Tabs.Panel value="record">
        <WithRecord record={record}>{(found) => <RecordTab record={found} />}</WithRecord>
      </Tabs.Panel>
    </PanelTabs>
  )
}

function Count({ of: count }: { of: number }) {
  return count === 0 ? null : <span className={styles.count}>{count}</span>
}

interface WithRecordProps {
  readonly record: ReturnType<typeof useRecord>
  readonly children: (record: DeviceRecord) => ReactNode
}

function WithRecord({ record, children }: WithRecordProps) {
  if (record.isError && record.data === undefined) {
    return <ProblemNotice problem={problemOf(record.error)} />
  }
  if (record.data === undefined) return <Skeleton height={160} radius="md" />
  if (record.data === null) {
    return (
      <EmptyState icon={IconServerOff} title="The registry has no record of this device">
        It has not registered since it got its credential, or was forgotten.
      </EmptyState>
    )
  }
  return children(record.data)
}
