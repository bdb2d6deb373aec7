import { useState } from 'react'
import { Button } from '@mantine/core'
import { IconPlugOff } from '@tabler/icons-react'
import type { CommissioningJob } from '#shared/contract/commissioning.ts'
import type { DiscoveredDevice } from '#shared/contract/discovery.ts'
import type { DeviceAddress } from '#shared/contract/fleet.ts'
import type { Tenant } from '#shared/contract/tenants.ts'
import { isWaiting, type DiscoveryState } from '../../../lib/live/discovery.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { SidePanel } from '../../../ui/side-panel.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { useRemoveAddress } from '../api/remove-address.ts'
import { JOB_WORDS } from '../job-words.ts'
import type { CommissionSelection } from './commission-screen.tsx'
import { InspectionView } from './inspection-view.tsx'
import { JobView } from './job-view.tsx'

/** What the panel needs to know of the rest of the window. */
export interface PanelContext {
  /** Undefined until main told them. */
  readonly tenants: readonly Tenant[] | undefined
  readonly preferredTenant: string | null
  readonly canIssue: boolean
  readonly onOpenDevice: (address: DeviceAddress) => void
}

interface DevicePanelProps extends PanelContext {
  readonly selection: CommissionSelection
  readonly discovery: DiscoveryState
  /** Newest first. */
  readonly jobs: readonly CommissioningJob[]
  readonly waiting: readonly DiscoveredDevice[]
  readonly onSelectDevice: (key: string) => void
  readonly onClose: () => void
}

/** Beside the list: the form for a device that waits, or the job that is on. */
export function DevicePanel(props: DevicePanelProps) {
  const { selection, discovery, jobs, waiting, onSelectDevice, onClose, onOpenDevice } = props
  // A job that ended belongs to the past as soon as the person turns to the device again.
  const [dismissed, setDismissed] = useState<string | null>(null)
  const [past] = useState(() => endedIds(jobs))
  const job = jobOf(selection, jobs, dismissed, { past, discovery })
  const key = selection.type === 'device' ? selection.key : (job?.key ?? '')
  const device = discovery.devices.get(key)
  const name = device?.deviceId ?? job?.deviceId ?? 'Device'
  const next = waiting.find((other) => other.key !== key)
  const retry = () => {
    setDismissed(job?.id ?? null)
    if (selection.type === 'job') onSelectDevice(key)
  }
  return (
    <SidePanel
      label={`Details of ${name}`}
      title={<DeviceText text={name} wrap />}
      subtitle={<Subtitle device={device} job={job} />}
      onClose={onClose}
      actions={
        device?.source === 'address' && job?.state !== 'running' ? (
          <RemoveButton deviceKey={device.key} onRemoved={onClose} />
        ) : undefined
      }
    >
      {job !== undefined ? (
        <JobView
          job={job}
          onRetry={device === undefined ? null : retry}
          onNext={next === undefined ? null : () => onSelectDevice(next.key)}
          onOpenDevice={onOpenDevice}
        />
      ) : device !== undefined ? (
        <InspectionView
          device={device}
          tenants={props.tenants}
          preferredTenant={props.preferredTenant}
          canIssue={props.canIssue}
          onStarted={() => setDismissed(null)}
        />
      ) : (
        <Gone onClose={onClose} />
      )}
    </SidePanel>
  )
}

function jobOf(
  selection: CommissionSelection,
  jobs: readonly CommissioningJob[],
  dismissed: string | null,
  { past, discovery }: { past: ReadonlySet<string>; discovery: DiscoveryState },
): CommissioningJob | undefined {
  if (selection.type === 'job') {
    const job = jobs.find(({ id }) => id === selection.id)
    return job?.id === dismissed ? undefined : job
  }
  const job = jobs.find(({ key }) => key === selection.key)
  if (job === undefined || job.state === 'running') return job
  if (job.id === dismissed) return undefined
  // Commissioned before, reset, and waiting again: that is a new beginning.
  const device = discovery.devices.get(selection.key)
  const waitsAgain = device !== undefined && isWaiting(device) && past.has(job.id)
  return waitsAgain && job.state !== 'failed' ? undefined : job
}

function endedIds(jobs: readonly CommissioningJob[]): ReadonlySet<string> {
  return new Set(jobs.filter(({ state }) => state !== 'running').map(({ id }) => id))
}

interface SubtitleProps {
  readonly device: DiscoveredDevice | undefined
  readonly job: CommissioningJob | undefined
}

function Subtitle({ device, job }: SubtitleProps) {
  if (job !== undefined) {
    const { word, tone } = JOB_WORDS[job.state]
    return <StateMark tone={tone} word={word} />
  }
  if (device === undefined) return <StateMark tone="off" word="Gone" />
  return <StateMark tone="info" word="Waits to be commissioned" />
}

function RemoveButton({ deviceKey, onRemoved }: { deviceKey: string; onRemoved: () => void }) {
  const remove = useRemoveAddress()
  return (
    <Button
      variant="subtle"
      color="gray"
      size="sm"
      loading={remove.isPending}
      onClick={() => remove.mutate({ key: deviceKey }, { onSuccess: onRemoved })}
    >
      Remove
    </Button>
  )
}

function Gone({ onClose }: { onClose: () => void }) {
  return (
    <EmptyState
      icon={IconPlugOff}
      title="This device has left the network"
      actions={
        <Button variant="default" onClick={onClose}>
          Close
        </Button>
      }
    >
      It said goodbye, or has not been heard of for too long. It appears in the list again when it
      comes back.
    </EmptyState>
  )
}
