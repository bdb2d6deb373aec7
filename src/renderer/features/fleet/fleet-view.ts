import type { FleetDevice } from '#shared/contract/fleet.ts'
import { fleetKey } from '../../lib/live/fleet-state.ts'

export type StateFilter = 'all' | FleetDevice['state']

export interface FleetFilter {
  /** Words that all have to stand somewhere in a device's texts. */
  readonly search: string
  readonly state: StateFilter
  /** Null for all. */
  readonly tenant: string | null
  /** Keys of the only devices that fit, in place of the words; undefined for any. */
  readonly keys?: ReadonlySet<string> | undefined
}

export interface FleetCounts {
  readonly all: number
  readonly online: number
  readonly offline: number
  readonly pending: number
}

/** How many devices of a tenant (or of all) are in which state. */
export function countStates(devices: readonly FleetDevice[], tenant: string | null): FleetCounts {
  const counts = { all: 0, online: 0, offline: 0, pending: 0 }
  for (const device of devices) {
    if (tenant !== null && device.tenant !== tenant) continue
    counts.all += 1
    counts[device.state] += 1
  }
  return counts
}

/** The devices that fit, in the order in which they were given. */
export function fittingDevices(
  devices: readonly FleetDevice[],
  { search, state, tenant, keys }: FleetFilter,
): readonly FleetDevice[] {
  const words = keys === undefined ? wordsOf(search) : []
  if (keys === undefined && words.length === 0 && state === 'all' && tenant === null) return devices
  return devices.filter(
    (device) =>
      (tenant === null || device.tenant === tenant) &&
      (state === 'all' || device.state === state) &&
      (keys === undefined || keys.has(fleetKey(device))) &&
      hasWords(device, words),
  )
}

function wordsOf(search: string): string[] {
  return search
    .toLowerCase()
    .split(/\s+/u)
    .filter((word) => word !== '')
}

function hasWords(device: FleetDevice, words: readonly string[]): boolean {
  if (words.length === 0) return true
  const { deviceId, deviceType, location, tenant, manufacturer, model, firmwareVersion } = device
  const texts = [deviceId, deviceType, location, tenant, manufacturer, model, firmwareVersion]
  const all = texts.join('\n').toLowerCase()
  return words.every((word) => all.includes(word))
}
