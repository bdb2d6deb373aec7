import { skipToken, useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

const USAGE_EVERY_MS = 5_000

/** What an account uses and holds; read again while it is looked at. */
export function useTenantDetail(tenant: string) {
  const { queries } = useApi()
  return useQuery(
    queries.tenants.detail.queryOptions({ input: { tenant }, refetchInterval: USAGE_EVERY_MS }),
  )
}

/** What clearing would take down; asked for anew each time. */
export function useClearPreview(tenant: string | null) {
  const { queries } = useApi()
  return useQuery(
    queries.tenants.clearPreview.queryOptions({
      input: tenant === null ? skipToken : { tenant },
      gcTime: 0,
      staleTime: 0,
    }),
  )
}

/** A tenant's settings as a template has them. */
export function useTenantSettings(tenant: string | null) {
  const { queries } = useApi()
  return useQuery(
    queries.tenants.settings.queryOptions({
      input: tenant === null ? skipToken : { tenant },
      gcTime: 0,
    }),
  )
}
