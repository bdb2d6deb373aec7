import { byCodePoint } from './code-point-order.ts'
import type { DeviceGroup } from './tenant-index.ts'

/** How many devices of a group are meant. */
export type GroupCount = readonly [group: DeviceGroup, count: number]

interface FleetSummary {
  readonly total_devices: number
  readonly total_functions: number
  readonly by_type: Readonly<Record<string, { count: number; locations: string[] }>>
  readonly by_location: Readonly<Record<string, { count: number; types: string[] }>>
}

class Tally {
  count = 0
  readonly others = new Set<string>()
}

/** The answer of `discovery/describeFleet` (protocol.md, "Discovery RPC"). */
export function summarizeFleet(groups: Iterable<GroupCount>): FleetSummary {
  const byType = new Map<string, Tally>()
  const byLocation = new Map<string, Tally>()
  let devices = 0
  let functions = 0
  for (const [group, count] of groups) {
    // An empty text counts as absent too.
    const type = group.type || 'unknown'
    const location = group.location || 'unknown'
    devices += count
    functions += count * group.functionCount
    add(byType, type, location, count)
    add(byLocation, location, type, count)
  }
  return {
    total_devices: devices,
    total_functions: functions,
    by_type: described(byType, (count, locations) => ({ count, locations })),
    by_location: described(byLocation, (count, types) => ({ count, types })),
  }
}

function add(tallies: Map<string, Tally>, name: string, other: string, count: number): void {
  let tally = tallies.get(name)
  if (tally === undefined) {
    tally = new Tally()
    tallies.set(name, tally)
  }
  tally.count += count
  tally.others.add(other)
}

function described<Shape>(
  tallies: ReadonlyMap<string, Tally>,
  shape: (count: number, others: string[]) => Shape,
): Record<string, Shape> {
  // fromEntries defines members, so a device type `__proto__` is a name like any other.
  return Object.fromEntries(
    [...tallies].map(([name, { count, others }]) => [
      name,
      shape(count, [...others].sort(byCodePoint)),
    ]),
  )
}
