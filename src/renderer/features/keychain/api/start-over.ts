import { useMutation, useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** What starting over gives up. */
export function useKeychainLoss() {
  const { queries } = useApi()
  return useQuery(queries.keychain.loss.queryOptions({ staleTime: 0 }))
}

/** Sets the keychain aside and begins a new one. */
export function useStartOver() {
  const { queries } = useApi()
  return useMutation(queries.keychain.startOver.mutationOptions())
}
