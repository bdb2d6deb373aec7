import type { FleetDevice } from '#shared/contract/fleet.ts'
import { fleetKey, type FleetState } from '../../lib/live/fleet-state.ts'

/** Columns that a fleet can be ordered by. */
export type SortColumn =
  | 'state'
  | 'deviceId'
  | 'deviceType'
  | 'location'
  | 'tenant'
  | 'firmwareVersion'
  | 'lastSeenAt'

// Trouble first: that is what somebody orders by state for.
const STATE_ORDER: Readonly<Record<FleetDevice['state'], number>> = {
  offline: 0,
  pending: 1,
  online: 2,
}

/**
 * The fleet in order. Begins with the order it had last, in which little is out of place after an
 * update: sorting what is nearly sorted takes a fraction of the time.
 */
export class FleetOrder {
  #fleet: FleetState | undefined
  #column: SortColumn | undefined
  #descending = false
  /** Positions in the `devices` of `#fleet`. */
  #places: readonly number[] = []
  #ordered: readonly FleetDevice[] = []

  /** Ordered by a column; what has no value stands last, whichever way the rest goes. */
  of(fleet: FleetState, column: SortColumn, descending: boolean): readonly FleetDevice[] {
    if (fleet === this.#fleet && column === this.#column && descending === this.#descending) {
      return this.#ordered
    }
    const direction = descending ? -1 : 1
    const entries = entriesAt(fleet, this.#placesIn(fleet), column).sort((one, other) => {
      const order = compareKeys(one.key, other.key, direction)
      return order === 0 ? compareIds(one.device, other.device) : order
    })
    this.#fleet = fleet
    this.#column = column
    this.#descending = descending
    this.#places = entries.map(({ place }) => place)
    this.#ordered = entries.map(({ device }) => device)
    return this.#ordered
  }

  /** Where the devices of the last order stand in this fleet, then where the new ones stand. */
  #placesIn(fleet: FleetState): readonly number[] {
    if (fleet.positions === this.#fleet?.positions) return this.#places
    const places: number[] = []
    const taken = new Uint8Array(fleet.devices.length)
    for (const device of this.#ordered) {
      const place = fleet.positions.get(fleetKey(device))
      if (place === undefined) continue
      taken[place] = 1
      places.push(place)
    }
    for (const [place, wasTaken] of taken.entries()) if (wasTaken === 0) places.push(place)
    return places
  }
}

interface Entry {
  readonly device: FleetDevice
  readonly place: number
  /** Worked out once for each device instead of in each comparison. */
  readonly key: SortKey
}

function entriesAt(fleet: FleetState, places: readonly number[], column: SortColumn): Entry[] {
  const entries: Entry[] = []
  for (const place of places) {
    const device = fleet.devices[place]
    if (device !== undefined) entries.push({ device, place, key: sortKey(device, column) })
  }
  return entries
}

type SortKey = string | number | null

function sortKey(device: FleetDevice, column: SortColumn): SortKey {
  if (column === 'state') return STATE_ORDER[device.state]
  const value = device[column]
  return value === null || column === 'lastSeenAt' ? value : value.toLowerCase()
}

// By code units: a collator takes ten times as long.
function compareKeys(one: SortKey, other: SortKey, direction: number): number {
  if (one === other) return 0
  if (one === null) return 1
  if (other === null) return -1
  return one < other ? -direction : direction
}

function compareIds(one: FleetDevice, other: FleetDevice): number {
  if (one.deviceId === other.deviceId) return one.tenant < other.tenant ? -1 : 1
  return one.deviceId < other.deviceId ? -1 : 1
}
