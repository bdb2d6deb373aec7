import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'
import { receiveFile } from '../../../lib/files/receive-file.ts'
import { useTakeRecoveryState } from './recovery-state.ts'

/** Saves a copy of the profile's database. */
export function useBackUp() {
  const { client } = useApi()
  const take = useTakeRecoveryState()
  return useMutation({
    mutationFn: () => client.recovery.backUp(),
    onSuccess: (saved) => {
      receiveFile(saved)
      take()
    },
  })
}
