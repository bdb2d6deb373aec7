import type { DeviceEntry } from './device-entry.ts'
import type { DeviceKey } from './store.ts'

/** Where the parts of the registry report what the console has to know. */
export interface FleetFeed {
  /** State, record or status changed. */
  changed(entry: DeviceEntry): void
  /** Only `last seen` changed. On the heartbeat path. */
  beat(entry: DeviceEntry): void
  removed(key: DeviceKey): void
}

/** For a registry that runs alone. */
export const noFeed: FleetFeed = {
  changed: () => undefined,
  beat: () => undefined,
  removed: () => undefined,
}
