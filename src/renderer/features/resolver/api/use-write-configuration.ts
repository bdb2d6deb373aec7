import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Writes the generated part into the configuration file of the server. */
export function useWriteConfiguration() {
  const { queries } = useApi()
  return useMutation(queries.resolver.writeConfiguration.mutationOptions())
}
