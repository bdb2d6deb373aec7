import { useQuery } from '@tanstack/react-query'
import type { DeviceAddress } from '#shared/contract/fleet.ts'
import { useApi } from '../../../lib/connection/api-context.ts'

/** The registry tells of no change of a record, so an open one is asked for again now and then. */
const REFRESH_MS = 10_000

/** The whole record of a device; null where the registry has none. */
export function useRecord({ tenant, deviceId }: DeviceAddress) {
  const { queries } = useApi()
  return useQuery(
    queries.fleet.record.queryOptions({
      input: { tenant, deviceId },
      refetchInterval: REFRESH_MS,
    }),
  )
}
