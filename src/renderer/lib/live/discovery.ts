import type {
  DiscoveredDevice,
  DiscoveryHealth,
  DiscoveryUpdate,
} from '#shared/contract/discovery.ts'
import { LIVE, useLive } from './use-live.ts'
import { useStream, type LiveSource } from './use-stream.ts'

export interface DiscoveryState {
  readonly devices: ReadonlyMap<string, DiscoveredDevice>
  readonly health: DiscoveryHealth
}

/** What the network shows after `update`. */
export function reduceDiscovery(
  state: DiscoveryState | undefined,
  update: DiscoveryUpdate,
): DiscoveryState | undefined {
  if (update.type === 'snapshot') {
    const devices = new Map(update.devices.map((device) => [device.key, device]))
    return { devices, health: update.health }
  }
  if (state === undefined) return undefined
  const devices = new Map(state.devices)
  for (const device of update.upserted) devices.set(device.key, device)
  for (const key of update.removedKeys) devices.delete(key)
  return { devices, health: update.health }
}

const source: LiveSource<DiscoveryUpdate, DiscoveryState> = {
  key: [LIVE, 'discovery'],
  open: (client, signal) => client.discovery.watch(undefined, { signal }),
  reduce: reduceDiscovery,
}

export function useDiscoveryStream(): void {
  useStream(source)
}

/** The devices that the network shows; undefined until main told them. */
export function useDiscovery(): DiscoveryState | undefined {
  return useLive<DiscoveryState>(source.key)
}

/** Whether a device still waits to be commissioned. */
export function isWaiting(device: DiscoveredDevice): boolean {
  return device.state === 'uncommissioned'
}
