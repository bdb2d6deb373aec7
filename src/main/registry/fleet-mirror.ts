import type { FleetDevice, FleetUpdate } from '#shared/contract/fleet.ts'
import type { FleetMessage } from './sidecar-messages.ts'

/**
 * The fleet as the sidecar last told it. While the sidecar is down, it stays as it was and is
 * marked stale; the next sidecar's snapshot replaces it as a whole.
 */
export class FleetMirror {
  #devices = new Map<string, FleetDevice>()
  #incoming: Map<string, FleetDevice> | undefined
  #stale = true

  get stale(): boolean {
    return this.#stale
  }

  devices(): FleetDevice[] {
    return [...this.#devices.values()]
  }

  get(tenant: string, deviceId: string): FleetDevice | undefined {
    return this.#devices.get(keyOf(tenant, deviceId))
  }

  snapshot(): FleetUpdate {
    return { type: 'snapshot', devices: this.devices(), stale: this.#stale }
  }

  /** What is known may be out of date from now on. Undefined where it was before. */
  markStale(): FleetUpdate | undefined {
    this.#incoming = undefined
    if (this.#stale) return undefined
    this.#stale = true
    return { type: 'changed', upserted: [], removed: [], beats: [], stale: true }
  }

  /** @returns what to tell those who watch; undefined in the middle of a snapshot */
  apply(message: FleetMessage): FleetUpdate | undefined {
    if (message.type === 'changes') return this.#change(message)
    if (message.first) this.#incoming = new Map()
    const incoming = this.#incoming
    if (incoming === undefined) return undefined
    for (const device of message.devices) {
      incoming.set(keyOf(device.tenant, device.deviceId), device)
    }
    if (!message.last) return undefined
    this.#devices = incoming
    this.#incoming = undefined
    this.#stale = false
    return this.snapshot()
  }

  #change(message: Extract<FleetMessage, { type: 'changes' }>): FleetUpdate {
    const { upserted, removed, beats } = message
    for (const { tenant, deviceId } of removed) this.#devices.delete(keyOf(tenant, deviceId))
    for (const device of upserted) {
      this.#devices.set(keyOf(device.tenant, device.deviceId), device)
    }
    for (const [tenant, deviceId, seenEpochMs] of beats) {
      const key = keyOf(tenant, deviceId)
      const device = this.#devices.get(key)
      // A copy: what was handed out before stays as it was.
      const lastSeenAt = new Date(seenEpochMs).toISOString()
      if (device !== undefined) this.#devices.set(key, { ...device, lastSeenAt })
    }
    return { type: 'changed', upserted, removed, beats, stale: this.#stale }
  }
}

function keyOf(tenant: string, deviceId: string): string {
  return `${tenant}.${deviceId}`
}
