import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Tries the keychain of the operating system again. */
export function useRetryKeychain() {
  const { client } = useApi()
  return useMutation({ mutationFn: () => client.keychain.retry() })
}
