import { randomUUID } from 'node:crypto'
import { RESTORED, SILENT, type BeatHistory } from './beat-history.ts'
import { wireTimestamp, type Clock } from './clock.ts'
import type { RegistryCounters } from './counters.ts'
import { DeviceEntry } from './device-entry.ts'
import { deviceFacts, statusFacts } from './device-facts.ts'
import type { FleetFeed } from './fleet-feed.ts'
import type { FleetIndex } from './fleet-index.ts'
import type { PresenceMonitor } from './presence-monitor.ts'
import type { RegistrationParams } from './registration-params.ts'
import { joinRecord, type DeviceKey, type StoredDevice } from './store.ts'
import type { WriteBehind } from './write-behind.ts'

/** Room in a discovery reply for what stands around a record. */
const ENVELOPE_BYTES = 1024

export interface RegistrarParts {
  readonly index: FleetIndex
  readonly history: BeatHistory
  readonly writes: WriteBehind
  readonly presence: PresenceMonitor
  readonly feed: FleetFeed
  readonly counters: RegistryCounters
  readonly clock: Clock
  readonly wire: RegistrarWire
  /** For stored records that carry no usable TTL. */
  readonly fallbackTtlSeconds: number
}

interface RegistrarWire {
  /** Publishes `device.online`. */
  announceOnline(device: DeviceKey): void
  /** Largest message that the server takes, in bytes. */
  maxPayload(): number
}

export type RegistrationOutcome =
  | { readonly registrationId: string }
  /** The record could not be shown in any discovery reply. */
  | { readonly tooLarge: true; readonly limitBytes: number }

/** Turns checked registration params into a live device: in memory, in the store, announced. */
export class Registrar {
  readonly #parts: RegistrarParts

  constructor(parts: RegistrarParts) {
    this.#parts = parts
  }

  /**
   * Registers a device, new or known. The tenant is that of the subject; what the device claims in
   * `registry` is replaced (protocol.md, "Registration").
   * @param asked it answers our own question, so it need not have been away
   */
  register(tenant: string, params: RegistrationParams, asked = false): RegistrationOutcome {
    const { clock, counters, history, index, writes, presence, feed } = this.#parts
    const now = clock.epochMs()
    const registry = {
      device_registration_id: randomUUID(),
      registered_at: wireTimestamp(now),
    }
    const { status: givenStatus, ...rest } = { ...params, registry }
    const document = JSON.stringify(rest)
    const status = JSON.stringify(givenStatus)
    const limitBytes = this.#parts.wire.maxPayload() - ENVELOPE_BYTES
    if (Buffer.byteLength(joinRecord(document, status)) > limitBytes) {
      return { tooLarge: true, limitBytes }
    }

    const known = index.get(tenant, params.device_id)
    const entry = known ?? this.#add(tenant, params.device_id, document, status)
    history.registered(entry, known !== undefined && !(asked && known.online))
    entry.document = document
    entry.status = status
    entry.facts = deviceFacts(rest, this.#parts.fallbackTtlSeconds)
    entry.statusFacts = statusFacts(givenStatus)
    entry.forgetBeat()
    if (!entry.online) entry.sinceEpochMs = now
    entry.lastSeenEpochMs = now
    entry.lastBeatMs = clock.monotonicMs()
    index.setOnline(entry, true)
    index.changed(entry)
    presence.watch(entry)
    writes.put(entry)
    feed.changed(entry)
    counters.registrations += 1
    this.#parts.wire.announceOnline(entry)
    return { registrationId: registry.device_registration_id }
  }

  /**
   * Takes a device over from the store at start. One that was online stays online and has a whole
   * TTL to be heard: it may have been beating all the while.
   */
  restore(stored: StoredDevice): void {
    const { clock, index, presence } = this.#parts
    const facts = deviceFacts(parsed(stored.document), this.#parts.fallbackTtlSeconds)
    const entry = new DeviceEntry({
      ...stored,
      facts,
      statusFacts: statusFacts(parsed(stored.status)),
    })
    entry.sinceEpochMs = stored.sinceEpochMs
    entry.lastSeenEpochMs = stored.lastSeenEpochMs ?? 0
    entry.reason = stored.offlineAtEpochMs === null ? RESTORED : SILENT
    index.add(entry)
    if (stored.offlineAtEpochMs !== null) return
    entry.lastBeatMs = clock.monotonicMs()
    index.setOnline(entry, true)
    presence.watch(entry)
  }

  #add(tenant: string, deviceId: string, document: string, status: string): DeviceEntry {
    const facts = deviceFacts({}, this.#parts.fallbackTtlSeconds)
    const entry = new DeviceEntry({
      tenant,
      deviceId,
      document,
      status,
      facts,
      statusFacts: statusFacts({}),
    })
    this.#parts.index.add(entry)
    return entry
  }
}

function parsed(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>
}
