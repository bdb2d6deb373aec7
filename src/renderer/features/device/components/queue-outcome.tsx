import { Anchor, Button } from '@mantine/core'
import type { DeviceAddress } from '#shared/contract/fleet.ts'
import { useEnableQueue } from '../../../lib/live/enable-queue.ts'
import { problemOf } from '../../../lib/problem.ts'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import type { useQueueCommand } from '../api/queue-command.ts'

interface QueueOutcomeProps {
  readonly address: DeviceAddress
  readonly queued: ReturnType<typeof useQueueCommand>
  readonly online: boolean
  readonly onShowQueue: () => void
}

/** What came of queueing a command. */
export function QueueOutcome({ address, queued, online, onShowQueue }: QueueOutcomeProps) {
  const enable = useEnableQueue()
  if (queued.isSuccess) {
    return (
      <Notice
        tone="ok"
        title="Queued"
        actions={
          <Anchor component="button" type="button" fz="inherit" onClick={onShowQueue}>
            Show the queue
          </Anchor>
        }
      >
        {online ? 'The device fetches it now.' : 'The device fetches it when it is back.'} It
        expires <TimeText at={queued.data.deadline} />.
      </Notice>
    )
  }
  if (!queued.isError) return null
  const problem = problemOf(queued.error)
  const failed = enable.isError ? problemOf(enable.error) : problem
  if (problem.code !== 'QUEUE_OFF') return <ProblemNotice problem={problem} />
  const again = () => {
    const { variables } = queued
    enable.mutate(
      { tenant: address.tenant },
      { onSuccess: () => variables && queued.mutate(variables) },
    )
  }
  return (
    <ProblemNotice
      problem={failed}
      actions={
        <Button size="xs" loading={enable.isPending} onClick={again}>
          Switch the queue on, and queue it
        </Button>
      }
    />
  )
}
