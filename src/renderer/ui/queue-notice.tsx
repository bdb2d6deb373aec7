import { Button } from '@mantine/core'
import type { QueueAvailability } from '#shared/contract/queue.ts'
import type { Problem } from '#shared/contract/common.ts'
import { Notice, ProblemNotice } from './notice.tsx'

interface QueueNoticeProps {
  readonly tenant: string
  readonly availability: QueueAvailability
  readonly onEnable: () => void
  readonly isEnabling: boolean
  /** Why it could not be switched on. */
  readonly problem: Problem | null
}

/** Why commands can not wait for a tenant's devices, and what helps; nothing where they can. */
export function QueueNotice(props: QueueNoticeProps) {
  const { tenant, availability, problem, isEnabling, onEnable } = props
  const { state, canEnable, sharedWith } = availability
  if (state === 'ready') return null
  if (state !== 'off') {
    return availability.problem === null ? null : <ProblemNotice problem={availability.problem} />
  }
  const button = (
    <Button size="xs" loading={isEnabling} onClick={onEnable}>
      Switch the queue on
    </Button>
  )
  return (
    <>
      <Notice
        tone="info"
        title={
          <>
            The queue is off for <bdi>{tenant}</bdi>
          </>
        }
        {...(canEnable ? { actions: button } : {})}
      >
        Commands wait in JetStream, which the account of this tenant does not have. Switched on, it
        gets 64 MB on the server’s disk
        {sharedWith.length > 0 && `, shared with ${sharedWith.join(', ')}`}; limits can be changed
        under Tenants.
      </Notice>
      {problem !== null && <ProblemNotice problem={problem} />}
    </>
  )
}
