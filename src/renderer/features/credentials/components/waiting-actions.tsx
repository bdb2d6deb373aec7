import { Button } from '@mantine/core'
import type { Revocation } from '#shared/contract/credentials.ts'
import type { useCancelRevocation, useRetryRevocation } from '../api/revoke.ts'

interface WaitingActionsProps {
  readonly revocation: Revocation
  readonly retry: ReturnType<typeof useRetryRevocation>
  readonly cancel: ReturnType<typeof useCancelRevocation>
}

/** What can be done about a revocation that waits for its servers. */
export function WaitingActions({
  revocation: { id, canCancel },
  retry,
  cancel,
}: WaitingActionsProps) {
  return (
    <>
      <Button
        size="xs"
        variant="default"
        loading={retry.isPending}
        onClick={() => retry.mutate({ id })}
      >
        Try now
      </Button>
      {canCancel && (
        <Button
          size="xs"
          variant="default"
          loading={cancel.isPending}
          onClick={() => cancel.mutate({ id })}
        >
          Call off
        </Button>
      )}
    </>
  )
}
