import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Creates the vault with the passphrase that `read` takes from the field at the moment of use. */
export function useCreateVault(read: () => string) {
  const { client } = useApi()
  return useMutation({ mutationFn: () => client.keychain.createVault({ passphrase: read() }) })
}
