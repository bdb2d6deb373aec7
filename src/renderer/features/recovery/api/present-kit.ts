import { useMutation } from '@tanstack/react-query'
import type { PresentedKit, RecoveryState } from '#shared/contract/recovery.ts'
import { useApi } from '../../../lib/connection/api-context.ts'
import { useTakeRecoveryState } from './recovery-state.ts'

/** What can be done with the identity keys once a kit is there. */
export type KitAction = 'moveOffline' | 'lend' | 'bringBack'

export const LOAN_MINUTES = 15

// What opens a kit is no variable of a mutation: those stay in memory after it.

/** Rehearses the kit that `read` takes from the fields at the moment of use. */
export function useRehearse(read: () => PresentedKit) {
  const { client } = useApi()
  const take = useTakeRecoveryState()
  return useMutation({
    mutationFn: () => client.recovery.rehearse(read()),
    onSuccess: () => take(),
  })
}

/** Does something with the identity keys, by the kit that `read` takes from the fields. */
export function useKitAction(action: KitAction, read: () => PresentedKit) {
  const { client } = useApi()
  const take = useTakeRecoveryState()
  const work: Readonly<Record<KitAction, () => Promise<RecoveryState>>> = {
    moveOffline: () => client.recovery.moveOffline(read()),
    lend: () => client.recovery.lend({ kit: read(), minutes: LOAN_MINUTES }),
    bringBack: () => client.recovery.bringBack(read()),
  }
  return useMutation({ mutationFn: work[action], onSuccess: take })
}

/** Gives lent keys back before their time. */
export function useEndLending() {
  const { client } = useApi()
  const take = useTakeRecoveryState()
  return useMutation({ mutationFn: () => client.recovery.endLending(), onSuccess: take })
}
