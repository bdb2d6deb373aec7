import { useEffect, useMemo, useRef, useState } from 'react'
import type { FleetDevice } from '#shared/contract/fleet.ts'
import type { FleetState } from '../../../lib/live/fleet-state.ts'
import { FleetOrder, type SortColumn } from '../fleet-order.ts'
import { countStates, fittingDevices, type FleetCounts, type FleetFilter } from '../fleet-view.ts'

/** Above this size the list is ordered again at most once a second while the fleet changes. */
const LARGE_FLEET = 5_000
const LARGE_FLEET_PAUSE_MS = 1_000

export interface FleetQuery extends FleetFilter {
  readonly sortBy: SortColumn
  readonly descending: boolean
}

export interface FleetView {
  readonly devices: readonly FleetDevice[]
  readonly counts: FleetCounts
}

/**
 * The fleet as a query shows it. Heartbeats alone do not order it again, unless it is ordered by
 * them: rows read the newest state of their device themselves.
 */
export function useFleetView(fleet: FleetState, query: FleetQuery): FleetView {
  const steady = useSteadyFleet(fleet, query.sortBy === 'lastSeenAt')
  const [order] = useState(() => new FleetOrder())
  const { search, state, tenant, keys, sortBy, descending } = query
  const ordered = useMemo(
    () => order.of(steady, sortBy, descending),
    [order, steady, sortBy, descending],
  )
  const devices = useMemo(
    () => fittingDevices(ordered, { search, state, tenant, keys }),
    [ordered, search, state, tenant, keys],
  )
  const counts = useMemo(() => countStates(steady.devices, tenant), [steady, tenant])
  return { devices, counts }
}

/** The fleet of the last moment at which the order could have changed. */
function useSteadyFleet(fleet: FleetState, withBeats: boolean): FleetState {
  const [steady, setSteady] = useState(fleet)
  const version = withBeats ? fleet.beat : fleet.revision
  const steadyVersion = withBeats ? steady.beat : steady.revision
  const isLarge = fleet.devices.length > LARGE_FLEET
  const changed = version !== steadyVersion
  if (changed && !isLarge) setSteady(fleet)
  const latest = useRef(fleet)
  useEffect(() => {
    latest.current = fleet
  }, [fleet])
  useEffect(() => {
    if (!changed || !isLarge) return undefined
    // Started by the first change only; later ones must not push it back for ever.
    const timer = setTimeout(() => setSteady(latest.current), LARGE_FLEET_PAUSE_MS)
    return () => clearTimeout(timer)
  }, [changed, isLarge])
  return changed && !isLarge ? fleet : steady
}
