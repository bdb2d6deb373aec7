import { useQuery } from '@tanstack/react-query'
import type { DeviceAddress } from '#shared/contract/fleet.ts'
import { useApi } from '../../../lib/connection/api-context.ts'

const REFRESH_MS = 15_000

/** What was issued to a device, newest last. */
export function useCredentials({ tenant, deviceId }: DeviceAddress) {
  const { queries } = useApi()
  return useQuery(
    queries.fleet.credentials.queryOptions({
      input: { tenant, deviceId },
      refetchInterval: REFRESH_MS,
    }),
  )
}
