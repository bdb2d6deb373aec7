import { useCallback } from 'react'
import type { FleetDevice, FleetUpdate } from '#shared/contract/fleet.ts'
import { deviceOf, fleetKey, reduceFleet, type FleetState } from './fleet-state.ts'
import { LIVE, useLive } from './use-live.ts'
import { useStream, type LiveSource } from './use-stream.ts'

const source: LiveSource<FleetUpdate, FleetState> = {
  key: [LIVE, 'fleet'],
  open: (client, signal) => client.fleet.watch(undefined, { signal }),
  reduce: reduceFleet,
}

export function useFleetStream(): void {
  useStream(source)
}

/** The whole fleet; undefined until main told it. */
export function useFleet(): FleetState | undefined {
  return useLive<FleetState>(source.key)
}

/** One device of the fleet: null where it is not in it, undefined until main told the fleet. */
export function useFleetDevice(address: {
  tenant: string
  deviceId: string
}): FleetDevice | null | undefined {
  const key = fleetKey(address)
  const select = useCallback((state: FleetState) => deviceOf(state, key) ?? null, [key])
  return useLive<FleetState, FleetDevice | null>(source.key, select)
}
