import { useMemo } from 'react'
import type { ViewUpdate } from '#shared/contract/tenants.ts'
import { LIVE, useLive } from '../../../lib/live/use-live.ts'
import { useStream, type LiveSource } from '../../../lib/live/use-stream.ts'
import { NOTHING_SEEN, reduceView, type ViewState } from './view-state.ts'

/** What is seen with the eyes of a tenant, for as long as this is mounted. */
export function useTenantView(tenant: string): ViewState {
  const source = useMemo<LiveSource<ViewUpdate, ViewState>>(
    () => ({
      key: [LIVE, 'tenant-view', tenant],
      open: (client, signal) => client.tenants.view({ tenant }, { signal }),
      reduce: (state, update) => reduceView(state ?? NOTHING_SEEN, update),
    }),
    [tenant],
  )
  useStream(source)
  return useLive<ViewState>(source.key) ?? NOTHING_SEEN
}
