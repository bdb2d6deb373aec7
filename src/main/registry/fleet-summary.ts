import { byCodePoint } from './code-point-order.ts'
import type { DeviceEntry } from './device-entry.ts'

interface FleetSummary {
  readonly total_devices: number
  readonly total_functions: number
  readonly by_type: Readonly<Record<string, { count: number; locations: string[] }>>
  readonly by_location: Readonly<Record<string, { count: number; types: string[] }>>
}

class Group {
  count = 0
  readonly others = new Set<string>()
}

/** The answer of `discovery/describeFleet` (protocol.md, "Discovery RPC"). */
export function summarizeFleet(devices: readonly DeviceEntry[]): FleetSummary {
  const byType = new Map<string, Group>()
  const byLocation = new Map<string, Group>()
  let functions = 0
  for (const { facts, statusFacts } of devices) {
    // An empty text counts as absent too.
    const type = facts.deviceType || 'unknown'
    const location = statusFacts.location || 'unknown'
    functions += facts.functionCount
    count(byType, type, location)
    count(byLocation, location, type)
  }
  return {
    total_devices: devices.length,
    total_functions: functions,
    by_type: described(byType, (count, locations) => ({ count, locations })),
    by_location: described(byLocation, (count, types) => ({ count, types })),
  }
}

function count(groups: Map<string, Group>, name: string, other: string): void {
  let group = groups.get(name)
  if (group === undefined) {
    group = new Group()
    groups.set(name, group)
  }
  group.count += 1
  group.others.add(other)
}

function described<Shape>(
  groups: ReadonlyMap<string, Group>,
  shape: (count: number, others: string[]) => Shape,
): Record<string, Shape> {
  // fromEntries defines members, so a device type `__proto__` is a name like any other.
  return Object.fromEntries(
    [...groups].map(([name, { count, others }]) => [
      name,
      shape(count, [...others].sort(byCodePoint)),
    ]),
  )
}
