import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Changes the vault's passphrase; `read` takes both from their fields at the moment of use. */
export function useChangePassphrase(
  read: () => { readonly oldPassphrase: string; readonly newPassphrase: string },
) {
  const { client } = useApi()
  // Passphrases are no variables of the mutation: those stay in memory after it.
  return useMutation({ mutationFn: () => client.keychain.changePassphrase(read()) })
}
