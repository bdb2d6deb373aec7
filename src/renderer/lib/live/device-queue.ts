import { useMemo } from 'react'
import type { DeviceAddress } from '#shared/contract/fleet.ts'
import type { QueueUpdate } from '#shared/contract/queue.ts'
import { LIVE, useLive } from './use-live.ts'
import { useStream, type LiveSource } from './use-stream.ts'

export type DeviceQueueState = Omit<QueueUpdate, 'type'>

/** The queue of a device for as long as it is looked at; undefined until main told it. */
export function useDeviceQueue({ tenant, deviceId }: DeviceAddress): DeviceQueueState | undefined {
  const source = useMemo<LiveSource<QueueUpdate, DeviceQueueState>>(
    () => ({
      key: [LIVE, 'queue', tenant, deviceId],
      open: (client, signal) => client.queue.watch({ tenant, deviceId }, { signal }),
      reduce: (_state, { availability, device, commands }) => ({ availability, device, commands }),
    }),
    [tenant, deviceId],
  )
  useStream(source)
  return useLive<DeviceQueueState>(source.key)
}
