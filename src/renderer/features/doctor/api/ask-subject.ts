import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Whether the permissions let a subject through. */
export function useAskSubject() {
  const { queries } = useApi()
  return useMutation(queries.doctor.ask.mutationOptions())
}
