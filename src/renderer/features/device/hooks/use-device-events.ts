import { useMemo } from 'react'
import type { DeviceEvent, EventsUpdate } from '#shared/contract/events.ts'
import type { DeviceAddress } from '#shared/contract/fleet.ts'
import { LIVE, useLive } from '../../../lib/live/use-live.ts'
import { useStream, type LiveSource } from '../../../lib/live/use-stream.ts'

/** Events kept in the window for one device. */
const MAX_EVENTS = 1_000

export interface EventsState {
  /** Newest last. */
  readonly events: readonly DeviceEvent[]
  /** How many main had to leave out since the view began. */
  readonly dropped: number
}

/** The events after `update`, the oldest ones given up. */
export function reduceEvents(
  state: EventsState | undefined,
  update: EventsUpdate,
): EventsState | undefined {
  if (update.type === 'snapshot') {
    return { events: update.events.slice(-MAX_EVENTS), dropped: state?.dropped ?? 0 }
  }
  const { events, dropped } = state ?? { events: [], dropped: 0 }
  return {
    events: [...events, ...update.events].slice(-MAX_EVENTS),
    dropped: dropped + update.dropped,
  }
}

/** The live events of a device for as long as they are looked at. */
export function useDeviceEvents({ tenant, deviceId }: DeviceAddress): EventsState | undefined {
  const source = useMemo<LiveSource<EventsUpdate, EventsState>>(
    () => ({
      key: [LIVE, 'events', tenant, deviceId],
      open: (client, signal) => client.events.watch({ tenant, deviceId }, { signal }),
      reduce: reduceEvents,
    }),
    [tenant, deviceId],
  )
  useStream(source)
  return useLive<EventsState>(source.key)
}
