import { useState } from 'react'
import { Button, Skeleton } from '@mantine/core'
import { IconHourglass, IconPlus } from '@tabler/icons-react'
import type { DeviceAddress, FleetDevice } from '#shared/contract/fleet.ts'
import type { QueuedCommand } from '#shared/contract/queue.ts'
import { useDeviceQueue, type DeviceQueueState } from '../../../lib/live/device-queue.ts'
import { useEnableQueue } from '../../../lib/live/enable-queue.ts'
import { problemOf } from '../../../lib/problem.ts'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { Fact, Facts } from '../../../ui/facts.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { QueueNotice } from '../../../ui/queue-notice.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { isWaiting } from '../queue-words.ts'
import { CommandDialog } from './command-dialog.tsx'
import { CommandTable } from './command-table.tsx'
import styles from './queue-tab.module.css'

interface QueueTabProps {
  readonly address: DeviceAddress
  readonly device: FleetDevice
  /** To where a command is chosen. */
  readonly onFunctions: () => void
}

/** Commands that wait for the device, and what became of earlier ones. */
export function QueueTab({ address, device, onFunctions }: QueueTabProps) {
  const queue = useDeviceQueue(address)
  const enable = useEnableQueue()
  const [open, setOpen] = useState<string | null>(null)
  if (queue === undefined) return <Skeleton height={200} radius="md" />
  const { availability, commands } = queue
  const shown = commands.find(({ id }) => id === open)
  return (
    <>
      <QueueNotice
        tenant={address.tenant}
        availability={availability}
        onEnable={() => enable.mutate({ tenant: address.tenant })}
        isEnabling={enable.isPending}
        problem={enable.isError ? problemOf(enable.error) : null}
      />
      <DeadLetters commands={commands} onOpen={setOpen} />
      <Fetching queue={queue} online={device.state === 'online'} />
      {commands.length > 0 && <Standing queue={queue} />}
      {commands.length === 0 && availability.state === 'ready' && (
        <EmptyState
          icon={IconHourglass}
          title="No command was queued for this device"
          actions={
            <Button variant="default" leftSection={<IconPlus size={15} />} onClick={onFunctions}>
              Choose a function
            </Button>
          }
        >
          A queued command waits until the device is back, or until its time is over.
        </EmptyState>
      )}
      {commands.length > 0 && <CommandTable commands={commands} open={open} onOpen={setOpen} />}
      {shown !== undefined && <CommandDialog command={shown} onClose={() => setOpen(null)} />}
    </>
  )
}

function Standing({ queue: { device, commands } }: { queue: DeviceQueueState }) {
  const { consumer } = device
  const count = (...states: QueuedCommand['state'][]) =>
    commands.filter(({ state }) => states.includes(state)).length
  const oldest = commands.findLast(isWaiting)
  return (
    <div className={styles.standing}>
      <Facts>
        <Fact name="Waiting">{count('sending', 'queued').toLocaleString('en')}</Fact>
        <Fact name="With the device">{count('delivered').toLocaleString('en')}</Fact>
        <Fact name="Oldest">
          {oldest === undefined ? null : <TimeText at={oldest.enqueuedAt} />}
        </Fact>
        <Fact name="Last fetched">
          {consumer === null ? null : <TimeText at={consumer.lastDeliveredAt} />}
        </Fact>
        <Fact name="Consumer">
          {consumer === null ? null : <span className={styles.code}>{consumer.name}</span>}
        </Fact>
      </Facts>
    </div>
  )
}

function DeadLetters({
  commands,
  onOpen,
}: {
  commands: readonly QueuedCommand[]
  onOpen: (id: string) => void
}) {
  const dead = commands.filter(({ state }) => state === 'dead')
  const [first] = dead
  if (first === undefined) return null
  const title =
    dead.length === 1 ? 'A command failed too often' : `${dead.length} commands failed too often`
  return (
    <Notice
      tone="bad"
      title={title}
      actions={
        <Button size="xs" variant="default" onClick={() => onOpen(first.id)}>
          Look at it
        </Button>
      }
    >
      {first.error === null || first.error.message === '' ? (
        'The device never finished it, and gave no reason.'
      ) : (
        <bdi>{first.error.message}</bdi>
      )}
    </Notice>
  )
}

/** Why commands do not leave, where that is not simply that the device is away. */
function Fetching({ queue, online }: { queue: DeviceQueueState; online: boolean }) {
  const { device, commands, availability } = queue
  if (device.permitted === false && availability.state !== 'off') {
    return (
      <Notice tone="warn" title="The credential of this device does not let it fetch commands">
        It was issued before devices could, or for a role that may not. Renew it under Credentials;
        until then a command stays in the queue.
      </Notice>
    )
  }
  const waits = commands.some(({ state }) => state === 'queued')
  const works = commands.some(({ state }) => state === 'delivered')
  const { consumer } = device
  if (!online || !waits || works || consumer === null || consumer.fetching) return null
  return (
    <Notice tone="warn" title="The device is online and does not fetch its commands">
      Its software may not know the queue. Call the function directly while it is online.
    </Notice>
  )
}
