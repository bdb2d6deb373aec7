import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** The contexts of the nats CLI on this computer. */
export function useContexts() {
  const { queries } = useApi()
  return useQuery(queries.nsc.contexts.queryOptions())
}
