import type { DevicePresence } from '#shared/contract/fleet.ts'
import { BeatHistory, SILENT, type Beating } from '../registry/beat-history.ts'
import { presenceOf } from '../registry/fleet-device.ts'

class ObservedDevice implements Beating {
  online = true
  facts: { readonly ttlSeconds: number }
  slot = -1
  reason = SILENT
  lastBeatMs = 0
  beatMs = 0
  missedBeats = 0
  reconnects = 0
  deviceClockSeconds = 0
  skewMs = 0
  skewSamples = 0
  drops: number[] | undefined
  flappingUntilMs = 0

  constructor(ttlSeconds: number) {
    this.facts = { ttlSeconds }
  }
}

/** What one heartbeat told. */
export interface Observation {
  readonly presence: DevicePresence
  /** Something changed that people look at. */
  readonly isNews: boolean
}

/**
 * What this app itself observes of devices whose registry is elsewhere and tells nothing of it: by the
 * heartbeats that it hears, from when it began to listen.
 */
export class RemotePresence {
  readonly #history = new BeatHistory()
  readonly #devices = new Map<string, ObservedDevice>()

  /** Heartbeats may have been missed until now: pauses are measured from here on. */
  resume(now: Date): void {
    this.#history.graceFromMs = now.getTime()
  }

  /** @param clockSeconds `ts` of the heartbeat; 0 where it tells none */
  heard(deviceId: string, ttlSeconds: number, clockSeconds: number, now: Date): Observation {
    const device = this.#devices.get(deviceId) ?? this.#begin(deviceId, ttlSeconds)
    device.deviceClockSeconds = clockSeconds
    device.facts = { ttlSeconds }
    const isNews = this.#history.heard(device, now.getTime(), now.getTime())
    device.lastBeatMs = now.getTime()
    return { presence: presenceOf(device), isNews }
  }

  /** The registry announced it; null as long as no heartbeat of it was ever heard. */
  online(deviceId: string): DevicePresence | null {
    const device = this.#devices.get(deviceId)
    if (device === undefined) return null
    this.#history.registered(device, true)
    device.online = true
    return presenceOf(device)
  }

  offline(deviceId: string, now: Date): DevicePresence | null {
    const device = this.#devices.get(deviceId)
    if (device === undefined) return null
    device.online = false
    this.#history.wentOffline(device, now.getTime())
    return presenceOf(device)
  }

  forget(deviceId: string): void {
    const device = this.#devices.get(deviceId)
    if (device !== undefined) this.#history.remove(device)
    this.#devices.delete(deviceId)
  }

  #begin(deviceId: string, ttlSeconds: number): ObservedDevice {
    const device = new ObservedDevice(ttlSeconds)
    this.#history.add(device)
    this.#devices.set(deviceId, device)
    return device
  }
}
