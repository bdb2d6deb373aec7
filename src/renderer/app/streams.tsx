import { useEffect } from 'react'
import { useQueryClient } from '@tanstack/react-query'
import { useConnectionState } from '../lib/connection/api-context.ts'
import { useAuditStream } from '../lib/live/audit.ts'
import { useBundlesStream } from '../lib/live/bundles.ts'
import { useEnrollmentStream } from '../lib/live/enrollment.ts'
import { useCommissioningStream } from '../lib/live/commissioning.ts'
import { useDiscoveryStream } from '../lib/live/discovery.ts'
import { useFleetStream } from '../lib/live/fleet.ts'
import { useHealthStream } from '../lib/live/health.ts'
import { useKeychainStream } from '../lib/live/keychain.ts'
import { useMeshStream } from '../lib/live/mesh.ts'
import { useNscStream } from '../lib/live/nsc.ts'
import { useProceduresStream } from '../lib/live/procedures.ts'
import { useRenewalsStream } from '../lib/live/renewals.ts'
import { useRevocationsStream } from '../lib/live/revocations.ts'
import { useTenantsStream } from '../lib/live/tenants.ts'
import { LIVE } from '../lib/live/use-live.ts'

/** Holds the streams of every domain open for as long as the window is. */
export function Streams(): null {
  useKeychainStream()
  useMeshStream()
  useHealthStream()
  useAuditStream()
  useTenantsStream()
  useDiscoveryStream()
  useCommissioningStream()
  useFleetStream()
  useRevocationsStream()
  useProceduresStream()
  useRenewalsStream()
  useNscStream()
  useBundlesStream()
  useEnrollmentStream()
  useRefetchAfterReconnect()
  return null
}

/** After a new wire everything that was asked before may be outdated; streams begin anew alone. */
function useRefetchAfterReconnect(): void {
  const cache = useQueryClient()
  const state = useConnectionState()
  const generation = state.phase === 'open' ? state.generation : 0
  useEffect(() => {
    if (generation <= 1) return
    void cache.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== LIVE })
  }, [cache, generation])
}
