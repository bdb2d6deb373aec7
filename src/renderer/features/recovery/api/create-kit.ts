import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'
import { receiveFile } from '../../../lib/files/receive-file.ts'
import { useTakeRecoveryState } from './recovery-state.ts'

export type KitForm = 'file' | 'page'

export type SealingChoice =
  | { readonly kind: 'passphrase' }
  | { readonly kind: 'recipients'; readonly recipients: readonly string[] }

/** Makes a kit; a passphrase is taken from its field by `read` at the moment of use. */
export function useCreateKit(read: () => string) {
  const { client } = useApi()
  const take = useTakeRecoveryState()
  return useMutation({
    mutationFn: ({ form, sealing }: { form: KitForm; sealing: SealingChoice }) =>
      client.recovery.createKit({
        form,
        sealing:
          sealing.kind === 'passphrase'
            ? { kind: 'passphrase', passphrase: read() }
            : { kind: 'recipients', recipients: [...sealing.recipients] },
      }),
    onSuccess: (saved) => {
      receiveFile(saved)
      take()
    },
  })
}
