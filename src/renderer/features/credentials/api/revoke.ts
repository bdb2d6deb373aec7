import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Begins to revoke; the stream tells how it goes on. */
export function useRevoke() {
  const { queries } = useApi()
  return useMutation(queries.credentials.revoke.mutationOptions())
}

/** Calls off what has not been sent yet. */
export function useCancelRevocation() {
  const { queries } = useApi()
  return useMutation(queries.credentials.cancel.mutationOptions())
}

/** Tries at once what waits. */
export function useRetryRevocation() {
  const { queries } = useApi()
  return useMutation(queries.credentials.retry.mutationOptions())
}
