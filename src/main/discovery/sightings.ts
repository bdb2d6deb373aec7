import { cleanText } from '#shared/protocol/device-text.ts'
import type { LinkStore } from './link-store.ts'

/** A device as it is seen on one interface, from the records heard there. */
export interface Sighting {
  readonly interfaceName: string
  /** Folded full name of the instance. */
  readonly instance: string
  readonly deviceId: string
  readonly deviceType: string | null
  readonly state: string
  /** Null until an SRV record names the host. */
  readonly host: string | null
  readonly port: number
  /** As the records say, neither filtered nor scoped. */
  readonly addresses: readonly string[]
  /** Milliseconds since the epoch. */
  readonly firstSeenAt: number
  readonly lastSeenAt: number
}

/** An instance that advertises the service and is not shown as a device, with the reason. */
export interface IgnoredInstance {
  readonly interfaceName: string
  readonly label: string
  readonly reason: 'no-text-record' | 'no-device-id' | 'unsafe-device-id'
}

/** Port of a device whose SRV record has not come yet (protocol.md, "Commissioning"). */
const DEFAULT_PORT = 5540
const MAX_LABEL_LENGTH = 63

/** The devices on a link: those whose pointer and text were heard, with a usable device id. */
export function sightingsOf(store: LinkStore, interfaceName: string): Sighting[] {
  const sightings: Sighting[] = []
  for (const { key, firstSeenAt, lastSeenAt } of store.instances()) {
    const text = store.textOf(key)?.text
    if (!store.pointerOf(key) || !text?.deviceId) continue
    const server = store.serverOf(key)
    sightings.push({
      interfaceName,
      instance: key,
      deviceId: text.deviceId,
      deviceType: text.deviceType,
      state: text.state ?? 'unknown',
      host: server?.target ?? null,
      port: server?.port ?? DEFAULT_PORT,
      addresses: server ? store.addressesOf(server.target) : [],
      firstSeenAt,
      lastSeenAt,
    })
  }
  return sightings
}

/** What answers and is no device, and why: for whoever looks for a device that does not show. */
export function ignoredOf(store: LinkStore, interfaceName: string): IgnoredInstance[] {
  const ignored: IgnoredInstance[] = []
  for (const { key, label } of store.instances()) {
    if (!store.pointerOf(key)) continue
    const record = store.textOf(key)
    const reason = record ? record.text.problem : 'no-text-record'
    if (reason) ignored.push({ interfaceName, label: cleanText(label, MAX_LABEL_LENGTH), reason })
  }
  return ignored
}
