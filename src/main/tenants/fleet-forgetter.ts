import type { DeviceAddress, FleetDevice, FleetUpdate } from '#shared/contract/fleet.ts'
import { messageOf } from '#shared/errors.ts'
import type { Logger } from '../log/logger.ts'
import type { FleetForgetter } from './tenant-clearing.ts'

/** Devices count as online until their time to live is over; one that says longer than this stays listed. */
const FOLLOW_MS = 2 * 60_000

export interface ForgettableFleet {
  subscribe(listener: (update: FleetUpdate) => void): () => void
  forget(address: DeviceAddress): Promise<void>
}

/** Takes the devices of cleared tenants off the list, each as it goes offline. */
export class ClearedDevices implements FleetForgetter {
  readonly #fleet: () => ForgettableFleet
  readonly #log: Logger
  readonly #endings = new Set<() => void>()

  constructor(fleet: () => ForgettableFleet, log: Logger) {
    this.#fleet = fleet
    this.#log = log
  }

  forgetTenant(tenant: string): Promise<void> {
    const forget = (devices: readonly FleetDevice[]) => {
      for (const device of devices) {
        if (device.tenant === tenant && device.state === 'offline') this.#forget(device)
      }
    }
    const unsubscribe = this.#fleet().subscribe((update) =>
      forget(update.type === 'snapshot' ? update.devices : update.upserted),
    )
    const end = () => {
      clearTimeout(timer)
      unsubscribe()
      this.#endings.delete(end)
    }
    const timer = setTimeout(end, FOLLOW_MS)
    timer.unref()
    this.#endings.add(end)
    return Promise.resolve()
  }

  close(): void {
    for (const end of this.#endings) end()
  }

  #forget({ tenant, deviceId }: FleetDevice): void {
    this.#fleet()
      .forget({ tenant, deviceId })
      .catch((error: unknown) => {
        this.#log.debug('a device of a cleared tenant stays listed', { reason: messageOf(error) })
      })
  }
}
