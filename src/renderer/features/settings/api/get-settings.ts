import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** The settings of this profile. */
export function useSettings() {
  const { queries } = useApi()
  return useQuery(queries.settings.get.queryOptions())
}
