import { randomUUID } from 'node:crypto'
import { RESTORED, SILENT, type BeatHistory } from './beat-history.ts'
import { wireTimestamps, type Clock } from './clock.ts'
import type { RegistryCounters } from './counters.ts'
import { CLEAN, DeviceEntry, PUT_PENDING } from './device-entry.ts'
import { deviceFacts, statusFacts } from './device-facts.ts'
import type { FleetFeed } from './fleet-feed.ts'
import type { FleetIndex } from './fleet-index.ts'
import { takePresence } from './presence-text.ts'
import { OfferBook } from './offer-book.ts'
import type { PresenceMonitor } from './presence-monitor.ts'
import type { RegistrationParams } from './registration-params.ts'
import type { DeviceKey, StoredDevice } from './store.ts'
import { StoredDocuments } from './stored-documents.ts'
import type { TextArena } from './text-arena.ts'
import type { WriteBehind } from './write-behind.ts'

/** Room in a discovery reply for what stands around a record. */
const ENVELOPE_BYTES = 1024

export interface RegistrarParts {
  readonly texts: TextArena
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
  | {
      readonly registrationId: string
      /** When the store has it; undefined where nobody waits for that. */
      readonly saved: Promise<void> | undefined
    }
  /** The record could not be shown in any discovery reply. */
  | { readonly tooLarge: true; readonly limitBytes: number }

/** Turns checked registration params into a live device: in memory, in the store, announced. */
export class Registrar {
  readonly #parts: RegistrarParts
  readonly #timestamp = wireTimestamps()
  readonly #offers = new OfferBook()
  readonly #stored = new StoredDocuments()

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
      registered_at: this.#timestamp(now),
    }
    const record = { ...params, registry }
    const { status: givenStatus, capabilities: given, ...rest } = record
    const capabilities = JSON.stringify(given)
    // Devices of one model say the same about themselves here, and it is most of what they say.
    const [head, tail] = ['{"capabilities":', `,${JSON.stringify(rest).slice(1)}`]
    const status = JSON.stringify(givenStatus)
    const limitBytes = this.#parts.wire.maxPayload() - ENVELOPE_BYTES
    if (bytesOf([head, capabilities, tail, status]) > limitBytes) {
      return { tooLarge: true, limitBytes }
    }

    const known = index.get(tenant, params.device_id)
    const entry = known ?? this.#add(tenant, params.device_id, status)
    history.registered(entry, known !== undefined && !(asked && known.online))
    entry.setDocumentParts(head, capabilities, tail)
    entry.status = status
    const offer = this.#offers.of(given, capabilities)
    entry.facts = deviceFacts(record, this.#parts.fallbackTtlSeconds, offer)
    entry.statusFacts = statusFacts(givenStatus, entry.statusFacts)
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
    const saved = writes.confirms ? writes.saved(entry) : undefined
    this.#announce(entry, saved)
    return { registrationId: registry.device_registration_id, saved }
  }

  /**
   * Takes a device over from the store at start. One that was online stays online and has a whole
   * TTL to be heard: it may have been beating all the while.
   */
  restore(stored: StoredDevice): void {
    const { clock, index, presence } = this.#parts
    const { record, capabilitiesText } = this.#stored.read(stored.document)
    const offer = this.#offers.of(record['capabilities'], capabilitiesText)
    const facts = deviceFacts(record, this.#parts.fallbackTtlSeconds, offer)
    const entry = new DeviceEntry({
      ...stored,
      texts: this.#parts.texts,
      facts,
      statusFacts: statusFacts(parsed(stored.status)),
    })
    entry.setDocument(stored.document, capabilitiesText)
    entry.sinceEpochMs = stored.sinceEpochMs
    entry.lastSeenEpochMs = stored.lastSeenEpochMs ?? 0
    entry.reason = stored.offlineAtEpochMs === null ? RESTORED : SILENT
    takePresence(entry, stored.presence)
    index.add(entry)
    if (stored.offlineAtEpochMs !== null) return
    entry.lastBeatMs = clock.monotonicMs()
    index.setOnline(entry, true)
    presence.watch(entry)
  }

  /**
   * Takes in what another registry wrote of a device, or a person by hand: registered, or changed
   * its status. What this registry has heard and not written yet is newer.
   */
  adopt(stored: StoredDevice): void {
    const { clock, feed, history, index, presence, writes } = this.#parts
    const entry = index.get(stored.tenant, stored.deviceId)
    if (entry === undefined) {
      this.restore(stored)
    } else if (entry.pendingWrite === PUT_PENDING) {
      return
    } else if (entry.document !== stored.document) {
      const record = parsed(stored.document)
      history.registered(entry, true)
      entry.setDocument(stored.document, JSON.stringify(record['capabilities'] ?? {}))
      entry.facts = deviceFacts(record, this.#parts.fallbackTtlSeconds)
      setStatus(entry, stored.status)
      writes.settle(entry)
      entry.lastSeenEpochMs = Math.max(entry.lastSeenEpochMs, stored.sinceEpochMs)
    } else if (entry.status === stored.status) {
      writes.settle(entry)
    } else if (entry.pendingWrite === CLEAN) {
      setStatus(entry, stored.status)
    }
    const known = index.get(stored.tenant, stored.deviceId)
    if (known === undefined) return
    if (!known.online) {
      known.sinceEpochMs = stored.sinceEpochMs
      known.lastBeatMs = clock.monotonicMs()
      index.setOnline(known, true)
    }
    presence.watch(known)
    index.changed(known)
    feed.changed(known)
  }

  /** `device.online`, once every registry that shares the store can know of it. */
  #announce(entry: DeviceEntry, saved: Promise<void> | undefined): void {
    if (saved === undefined) {
      this.#parts.wire.announceOnline(entry)
      return
    }
    const { facts } = entry
    void saved.then(() => {
      // Gone, or registered anew, meanwhile: that is announced by itself.
      if (entry.online && entry.facts === facts) this.#parts.wire.announceOnline(entry)
    })
  }

  #add(tenant: string, deviceId: string, status: string): DeviceEntry {
    const facts = deviceFacts({}, this.#parts.fallbackTtlSeconds)
    const entry = new DeviceEntry({
      tenant,
      deviceId,
      status,
      texts: this.#parts.texts,
      facts,
      statusFacts: statusFacts({}),
    })
    this.#parts.index.add(entry)
    return entry
  }
}

function bytesOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
}

function setStatus(entry: DeviceEntry, status: string): void {
  entry.status = status
  entry.statusFacts = statusFacts(parsed(status), entry.statusFacts)
  entry.forgetBeat()
}

function parsed(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>
}
