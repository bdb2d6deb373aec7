import { isIP, isIPv4 } from 'node:net'
import type { DiscoveredDevice } from '#shared/contract/discovery.ts'
import { cleanText } from '#shared/protocol/device-text.ts'
import type { Sighting } from './sightings.ts'

/** A device that a person added by address. */
export interface TypedDevice {
  readonly key: string
  readonly host: string
  readonly port: number
  readonly deviceId: string
  readonly deviceType: string | null
  readonly state: string
  readonly reachable: boolean
  /** Milliseconds since the epoch. */
  readonly firstSeenAt: number
  readonly lastSeenAt: number
}

/** A service instance on an interface. */
export type Place = Pick<Sighting, 'interfaceName' | 'instance'>

/** Addresses beyond these help nobody. */
const MAX_ADDRESSES = 16
const MAX_HOST_LENGTH = 255

/** Sightings of one device: the same device id at the same host and port. */
interface Group {
  readonly deviceId: string
  readonly host: string | null
  readonly port: number
  readonly sightings: Sighting[]
}

/**
 * Makes one list out of what is seen on all interfaces and what was added by address. A device on
 * several interfaces is one entry; two hosts that claim one device id are two, marked as in
 * conflict. A device keeps its key for as long as any sighting of it lasts, whatever changes.
 */
export class DeviceList {
  #keys = new Map<string, string>()
  #places = new Map<string, readonly Place[]>()

  /** The list, by device id. Addresses of the sightings are picked already (usable-addresses.ts). */
  build(sightings: readonly Sighting[], typed: readonly TypedDevice[]): DiscoveredDevice[] {
    const groups = groupSightings(sightings)
    const keys = this.#assignKeys(groups)
    const found = groups.map((group) => describeGroup(group, keys.get(group) ?? ''))
    const added = typed.filter((device) => !found.some((other) => isSamePlace(other, device)))
    const devices = [...found, ...added.map(describeTyped)]
    const claims = countClaims(devices)
    return devices
      .map((device) => ({ ...device, conflict: (claims.get(device.deviceId) ?? 0) > 1 }))
      .sort((left, right) => compare(left.deviceId, right.deviceId) || compare(left.key, right.key))
  }

  /** Where an entry of the last list was seen. */
  placesOf(key: string): readonly Place[] {
    return this.#places.get(key) ?? []
  }

  #assignKeys(groups: readonly Group[]): Map<Group, string> {
    const assigned = new Map<Group, string>()
    const taken = new Set<string>()
    const assign = (group: Group, key: string) => {
      assigned.set(group, key)
      taken.add(key)
    }
    for (const group of groups) {
      const known = group.sightings
        .map((sighting) => this.#keys.get(idOf(sighting)))
        .find((key) => key !== undefined && !taken.has(key))
      if (known !== undefined) assign(group, known)
    }
    for (const group of groups) {
      if (assigned.has(group)) continue
      const plain = `mdns:${group.deviceId}`
      assign(group, taken.has(plain) ? `${plain}@${hostText(group)}:${group.port}` : plain)
    }
    this.#keys = new Map()
    this.#places = new Map()
    for (const [group, key] of assigned) {
      for (const sighting of group.sightings) this.#keys.set(idOf(sighting), key)
      this.#places.set(key, group.sightings)
    }
    return assigned
  }
}

function idOf(sighting: Sighting): string {
  return [sighting.interfaceName, sighting.instance, sighting.deviceId].join('\0')
}

function groupSightings(sightings: readonly Sighting[]): Group[] {
  const groups = new Map<string, Group>()
  const put = (place: string, sighting: Sighting) => {
    const id = `${sighting.deviceId}\0${place}`
    const group = groups.get(id)
    if (group) group.sightings.push(sighting)
    else groups.set(id, { ...pick(sighting), sightings: [sighting] })
  }
  const located = sightings.filter((sighting) => sighting.host !== null)
  for (const sighting of located) put(`${sighting.host}:${sighting.port}`, sighting)
  for (const sighting of sightings) {
    if (sighting.host !== null) continue
    // Its SRV record has not come yet on this interface; elsewhere it may have.
    const elsewhere = located.find(
      (other) => other.instance === sighting.instance && other.deviceId === sighting.deviceId,
    )
    put(elsewhere ? `${elsewhere.host}:${elsewhere.port}` : '', sighting)
  }
  return [...groups.values()]
}

function pick({ deviceId, host, port }: Sighting) {
  return { deviceId, host, port }
}

function hostText(group: Group): string {
  return cleanText(group.host ?? '', MAX_HOST_LENGTH)
}

function describeGroup(group: Group, key: string): DiscoveredDevice {
  const { sightings } = group
  const newest = sightings.reduce((one, other) => (other.lastSeenAt > one.lastSeenAt ? other : one))
  const addresses = mergeAddresses(sightings)
  return {
    key,
    deviceId: group.deviceId,
    deviceType: newest.deviceType,
    state: newest.state,
    host: group.host === null ? null : hostText(group),
    port: group.port,
    addresses,
    interfaces: [...new Set(sightings.map((sighting) => sighting.interfaceName))],
    source: 'mdns',
    reachable: addresses.length > 0,
    conflict: false,
    firstSeenAt: instant(Math.min(...sightings.map((sighting) => sighting.firstSeenAt))),
    lastSeenAt: instant(newest.lastSeenAt),
  }
}

/** A device that was added by address, as an entry of its own. */
export function describeTyped(device: TypedDevice): DiscoveredDevice {
  const { key, deviceId, deviceType, state, host, port, reachable } = device
  return {
    key,
    deviceId,
    deviceType,
    state,
    host,
    port,
    addresses: [host],
    interfaces: [],
    source: 'address',
    reachable,
    conflict: false,
    firstSeenAt: instant(device.firstSeenAt),
    lastSeenAt: instant(device.lastSeenAt),
  }
}

/** IPv4 first, link-local IPv6 last; within each, in the order that each interface prefers. */
function mergeAddresses(sightings: readonly Sighting[]): string[] {
  const rank = (address: string) => (isIPv4(address) ? 0 : address.includes('%') ? 2 : 1)
  const all = new Set(sightings.flatMap((sighting) => sighting.addresses))
  return [...all].sort((left, right) => rank(left) - rank(right)).slice(0, MAX_ADDRESSES)
}

/** Whether a typed address is where a found device is anyway. */
export function isSamePlace(found: DiscoveredDevice, typed: TypedDevice): boolean {
  if (found.deviceId !== typed.deviceId || found.port !== typed.port) return false
  return found.host === typed.host.toLowerCase() || found.addresses.includes(typed.host)
}

/** How many different places claim each device id. A typed name may be any of them: not counted. */
function countClaims(devices: readonly DiscoveredDevice[]): Map<string, number> {
  const claims = new Map<string, number>()
  for (const { deviceId, source, host } of devices) {
    if (host === null || (source === 'address' && isIP(host) === 0)) continue
    claims.set(deviceId, (claims.get(deviceId) ?? 0) + 1)
  }
  return claims
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

function instant(wallMs: number): string {
  return new Date(wallMs).toISOString()
}
