import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Opens the vault with the passphrase that `read` takes from the field at the moment of use. */
export function useUnlockKeychain(read: () => string) {
  const { client } = useApi()
  // The passphrase is no variable of the mutation: those stay in memory after it.
  return useMutation({ mutationFn: () => client.keychain.unlock({ passphrase: read() }) })
}
