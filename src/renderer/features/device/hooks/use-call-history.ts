import { create } from 'zustand'
import type { Problem } from '#shared/contract/common.ts'
import type { DeviceAddress } from '#shared/contract/fleet.ts'
import type { RpcOutcome } from '#shared/contract/rpc.ts'
import { fleetKey } from '../../../lib/live/fleet-state.ts'

/** Calls remembered for each device. */
const MAX_CALLS = 30

export interface PastCall {
  readonly id: number
  /** ISO 8601. */
  readonly at: string
  readonly functionName: string
  readonly params: Record<string, unknown>
  readonly outcome: RpcOutcome | null
  /** Set where not even the call could be made. */
  readonly problem: Problem | null
}

interface CallHistory {
  readonly byDevice: Readonly<Record<string, readonly PastCall[]>>
  readonly nextId: number
  readonly record: (address: DeviceAddress, call: Omit<PastCall, 'id' | 'at'>) => void
}

/** Calls made in this window since it opened, newest first. */
export const useCallHistory = create<CallHistory>()((set) => ({
  byDevice: {},
  nextId: 1,
  record: (address, call) =>
    set(({ byDevice, nextId }) => {
      const key = fleetKey(address)
      const entry = { ...call, id: nextId, at: new Date().toISOString() }
      const calls = [entry, ...(byDevice[key] ?? [])].slice(0, MAX_CALLS)
      return { byDevice: { ...byDevice, [key]: calls }, nextId: nextId + 1 }
    }),
}))
