import { useMemo, useState } from 'react'
import { Button, Skeleton, TextInput } from '@mantine/core'
import { IconRefresh, IconSearch } from '@tabler/icons-react'
import type { CommissioningJob } from '#shared/contract/commissioning.ts'
import type { DiscoveredDevice } from '#shared/contract/discovery.ts'
import { useJobs, type JobsState } from '../../../lib/live/commissioning.ts'
import { isWaiting, useDiscovery, type DiscoveryState } from '../../../lib/live/discovery.ts'
import { Notice } from '../../../ui/notice.tsx'
import { ListDetail, PageHeader } from '../../../ui/page.tsx'
import { useRefreshDiscovery } from '../api/refresh-discovery.ts'
import { newestFirst } from '../job-words.ts'
import { AddAddress } from './add-address.tsx'
import styles from './commission-screen.module.css'
import { DevicePanel, type PanelContext } from './device-panel.tsx'
import { ListeningLine } from './listening-line.tsx'
import { NothingWaiting } from './nothing-waiting.tsx'
import { RecentJobs } from './recent-jobs.tsx'
import { WaitingList } from './waiting-list.tsx'

/** What stands beside the list: a waiting device, or a job. */
export type CommissionSelection =
  | { readonly type: 'device'; readonly key: string }
  | { readonly type: 'job'; readonly id: string }

interface CommissionScreenProps extends PanelContext {
  readonly selection: CommissionSelection | null
  readonly onSelect: (selection: CommissionSelection | null) => void
  /** Device that is to be commissioned again; null for none. */
  readonly awaited: string | null
}

/** The devices that wait on this network, and the way to take each into the fleet. */
export function CommissionScreen(props: CommissionScreenProps) {
  const { selection, onSelect, awaited, ...context } = props
  const discovery = useDiscovery()
  const jobs = useJobs()
  const [search, setSearch] = useState('')
  const waiting = useWaiting(discovery, search)
  const recent = useMemo(() => (jobs === undefined ? [] : newestFirst(jobs)), [jobs])
  const running = useMemo(() => runningByKey(jobs), [jobs])
  const selectDevice = (key: string) => onSelect({ type: 'device', key })
  const detail =
    selection === null || discovery === undefined || jobs === undefined ? null : (
      <DevicePanel
        // Each device begins with an empty form.
        key={selection.type === 'device' ? selection.key : selection.id}
        selection={selection}
        discovery={discovery}
        jobs={recent}
        waiting={waiting}
        onSelectDevice={selectDevice}
        onClose={() => onSelect(null)}
        {...context}
      />
    )
  return (
    <ListDetail detail={detail}>
      <PageHeader
        title="Commission"
        subtitle={
          discovery === undefined ? (
            'Starting to listen…'
          ) : (
            <ListeningLine health={discovery.health} />
          )
        }
        actions={<Actions search={search} onSearch={setSearch} onAdded={selectDevice} />}
      />
      <div className={styles.content}>
        {awaited !== null && <AwaitedNotice deviceId={awaited} />}
        {discovery === undefined ? (
          <LoadingRows />
        ) : waiting.length === 0 ? (
          <NothingWaiting
            health={discovery.health}
            search={search}
            onClearSearch={() => setSearch('')}
          />
        ) : (
          <WaitingList
            devices={waiting}
            selectedKey={selection?.type === 'device' ? selection.key : null}
            running={running}
            onSelect={selectDevice}
          />
        )}
        <RecentJobs
          jobs={recent.filter((job) => !isListedAbove(job, discovery))}
          selectedId={selection?.type === 'job' ? selection.id : null}
          onSelect={(id) => onSelect({ type: 'job', id })}
        />
      </div>
    </ListDetail>
  )
}

// A device that is being commissioned stands among those that wait; once is enough.
function isListedAbove(job: CommissioningJob, discovery: DiscoveryState | undefined): boolean {
  const device = discovery?.devices.get(job.key)
  return job.state === 'running' && device !== undefined && isWaiting(device)
}

interface ActionsProps {
  readonly search: string
  readonly onSearch: (text: string) => void
  readonly onAdded: (key: string) => void
}

function Actions({ search, onSearch, onAdded }: ActionsProps) {
  const refresh = useRefreshDiscovery()
  return (
    <>
      <TextInput
        aria-label="Search waiting devices"
        placeholder="Search"
        size="md"
        w={170}
        leftSection={<IconSearch size={16} />}
        value={search}
        onChange={(event) => onSearch(event.currentTarget.value)}
      />
      <Button
        variant="default"
        size="md"
        leftSection={<IconRefresh size={17} />}
        loading={refresh.isPending}
        onClick={() => refresh.mutate(undefined)}
      >
        Refresh
      </Button>
      <AddAddress onAdded={onAdded} />
    </>
  )
}

function LoadingRows() {
  return (
    <div aria-busy="true" style={{ display: 'flex', flexDirection: 'column', gap: 8 }}>
      {[1, 2, 3].map((row) => (
        <Skeleton key={row} height={68} radius="md" />
      ))}
    </div>
  )
}

function useWaiting(
  discovery: DiscoveryState | undefined,
  search: string,
): readonly DiscoveredDevice[] {
  const devices = discovery?.devices
  return useMemo(() => {
    const words = search.toLowerCase().split(/\s+/u)
    return [...(devices?.values() ?? [])]
      .filter((device) => isWaiting(device) && fits(device, words))
      .toSorted((one, other) => one.deviceId.localeCompare(other.deviceId, 'en', { numeric: true }))
  }, [devices, search])
}

function fits(device: DiscoveredDevice, words: readonly string[]): boolean {
  const { deviceId, deviceType, host, addresses } = device
  const text = [deviceId, deviceType, host, ...addresses].join(' ').toLowerCase()
  return words.every((word) => text.includes(word))
}

function runningByKey(jobs: JobsState | undefined): ReadonlyMap<string, CommissioningJob> {
  const running = [...(jobs?.values() ?? [])].filter(({ state }) => state === 'running')
  return new Map(running.map((job) => [job.key, job]))
}

/** What a device that is to be commissioned again needs first. */
function AwaitedNotice({ deviceId }: { deviceId: string }) {
  const [isOpen, setOpen] = useState(true)
  if (!isOpen) return null
  return (
    <Notice
      tone="info"
      title={
        <>
          Reset <bdi>{deviceId}</bdi> first
        </>
      }
      onClose={() => setOpen(false)}
    >
      A device that is commissioned refuses another credential. Once it was reset it appears here,
      with the PIN of its label.
    </Notice>
  )
}
