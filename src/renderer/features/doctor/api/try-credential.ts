import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Contacts addresses without logging in. */
export function useReach() {
  const { queries } = useApi()
  return useMutation(queries.doctor.reach.mutationOptions())
}

/** Logs in once and leaves. */
export function useLogin() {
  const { queries } = useApi()
  return useMutation(queries.doctor.login.mutationOptions())
}
