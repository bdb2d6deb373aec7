import type { DiscoveredDevice } from '#shared/contract/discovery.ts'
import type { FleetDevice } from '#shared/contract/fleet.ts'

/** Devices offered at most; whoever looks for another types more of its name. */
const MAX_DEVICES = 8

/** Whether every word of the query stands somewhere in the texts, whatever the case. */
export function matches(query: string, texts: readonly (string | null)[]): boolean {
  const all = texts.join(' ').toLowerCase()
  return query
    .toLowerCase()
    .split(/\s+/u)
    .every((word) => all.includes(word))
}

/** The first devices of the fleet that fit; none for an empty query. */
export function fittingDevices(query: string, devices: readonly FleetDevice[]): FleetDevice[] {
  if (query.trim() === '') return []
  const fitting: FleetDevice[] = []
  for (const device of devices) {
    const { deviceId, deviceType, location, tenant } = device
    if (!matches(query, [deviceId, deviceType, location, tenant])) continue
    fitting.push(device)
    if (fitting.length === MAX_DEVICES) break
  }
  return fitting
}

/** The first waiting devices that fit. */
export function fittingWaiting(
  query: string,
  devices: Iterable<DiscoveredDevice>,
): DiscoveredDevice[] {
  const fitting: DiscoveredDevice[] = []
  if (query.trim() === '') return fitting
  for (const device of devices) {
    if (device.state !== 'uncommissioned') continue
    if (!matches(query, [device.deviceId, device.deviceType, ...device.addresses])) continue
    fitting.push(device)
    if (fitting.length === MAX_DEVICES) break
  }
  return fitting
}
