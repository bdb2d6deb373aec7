import type { DiscoveredDevice } from '#shared/contract/discovery.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import {
  DiscoveryService,
  type DiscoveryOptions,
} from '../../../src/main/discovery/discovery-service.ts'

/** A discovery service on loopback for one service type, not started. */
export function discoveryOf(
  mdnsService: string,
  options: Partial<DiscoveryOptions> = {},
): DiscoveryService {
  return new DiscoveryService({
    dialect: { mdnsService },
    interfaces: ['127.0.0.1'],
    log: silentLogger(),
    probe: () => Promise.reject(new RangeError('nothing was to be probed')),
    ...options,
  })
}

/** Resolves with the list once it satisfies `condition`; fails with what it was instead. */
export async function devicesWhen(
  discovery: DiscoveryService,
  what: string,
  condition: (devices: readonly DiscoveredDevice[]) => boolean,
  withinMs = 10_000,
): Promise<readonly DiscoveredDevice[]> {
  let unsubscribe: () => void = () => undefined
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise((resolve, reject) => {
      const look = () => {
        const devices = discovery.devices()
        if (condition(devices)) resolve(devices)
      }
      timer = setTimeout(() => {
        const seen = JSON.stringify(discovery.devices().slice(0, 5))
        const facts = JSON.stringify(discovery.diagnostics())
        reject(new Error(`Waited ${withinMs} ms in vain for: ${what}. Seen: ${seen} ${facts}`))
      }, withinMs)
      unsubscribe = discovery.subscribe(look)
    })
  } finally {
    clearTimeout(timer)
    unsubscribe()
  }
}

export function idsOf(devices: readonly DiscoveredDevice[]): string[] {
  return devices.map((device) => device.deviceId)
}
