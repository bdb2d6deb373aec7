import { SILENT, type Beating } from './beat-history.ts'
import type { DeviceFacts, StatusFacts } from './device-facts.ts'
import type { DeviceGroup } from './tenant-index.ts'
import { presenceText } from './presence-text.ts'
import type { TenantMeter } from './tenant-meters.ts'
import { joinRecord, type StoredDevice } from './store.ts'
import { NO_TEXT, type TextArena } from './text-arena.ts'

/** What stands between the rest of a record and its status: see `joinRecord`. */
const STATUS_MEMBER = ',"status":'

/** What the store does not have yet of a device. */
export const CLEAN = 0
export const UPDATE_PENDING = 1
export const PUT_PENDING = 2

export interface DeviceEntryInit {
  readonly tenant: string
  readonly deviceId: string
  readonly status: string
  /** Where its document is kept. */
  readonly documents: TextArena
  readonly facts: DeviceFacts
  readonly statusFacts: StatusFacts
}

/**
 * One known device in memory. Documents stay text, outside of the JavaScript heap: 100,000 parsed
 * records of 2 KB would take 567 MB. The fields are public and mutable because the heartbeat path writes to them several
 * 100,000 times a second; only the parts of the registry in this folder do.
 */
export class DeviceEntry implements Beating {
  readonly tenant: string
  readonly deviceId: string
  readonly #documents: TextArena
  /** Its document but for what others have as well, that, and where it belongs. */
  #ownText = NO_TEXT
  #sharedText = NO_TEXT
  #sharedAt = 0
  /** JSON text of `status`. */
  status: string
  facts: DeviceFacts
  statusFacts: StatusFacts
  /** Online, that is: has a live record that discovery shows. */
  online = false
  /** When the present state began. */
  sinceEpochMs = 0
  /** Last heartbeat or registration; 0 where none was heard yet. */
  lastSeenEpochMs = 0
  /** The same on the monotonic clock, from which the TTL runs. */
  lastBeatMs = 0
  /** The device's own clock at its last heartbeat, in epoch seconds; 0 where it tells none. */
  deviceClockSeconds = 0

  /** Its place in the beat history; -1 until it has one. */
  slot = -1
  /** Why it is in its state: HEARD and so on, see the beat history. */
  reason = SILENT
  /** Its usual pause between heartbeats in milliseconds; 0 until two came. */
  beatMs = 0
  /** Heartbeats that did not come since it was online last. */
  missedBeats = 0
  /** Times that it came back. */
  reconnects = 0
  /** Its clock less ours in milliseconds, median of the last samples. */
  skewMs = 0
  /** How many samples of its clock there are, at most twice as many as are kept. */
  skewSamples = 0
  /** When it went offline the last three times, epoch milliseconds; most never do. */
  drops: number[] | undefined
  /** Until when it is said to come and go; 0 where it does not. */
  flappingUntilMs = 0

  /** Counts what its tenant sends; undefined until it is known. */
  meter: TenantMeter | undefined
  /** Up to when its changes of status, and its registrations, are paid for: see `payFor`. */
  changesPaidMs = 0
  registrationsPaidMs = 0
  /** It registered with a credential of its own name. */
  hasOwnCredential = false

  /** A heartbeat whose change of status is over a limit, until that allows it. */
  postponedBeat: Uint8Array | undefined

  /** The last heartbeat's bytes as Latin-1 text, and where in it the number of `ts` stands. */
  beatText = ''
  beatTsStart = -1
  beatTsEnd = -1

  /** Those that look like it to filters and selectors; undefined while it is offline. */
  group: DeviceGroup | undefined
  /** Whether the wheel of the presence monitor holds it. */
  watched = false
  /** The turn of the wheel at which it is looked at. */
  watchTurn = 0
  /** CLEAN, UPDATE_PENDING or PUT_PENDING. */
  pendingWrite = CLEAN
  /** Whether the outbox to the console holds its last heartbeat already. */
  beatQueued = false
  /** Forgotten or replaced: nothing may bring it back. */
  removed = false

  constructor(init: DeviceEntryInit) {
    this.tenant = init.tenant
    this.deviceId = init.deviceId
    this.#documents = init.documents
    this.status = init.status
    this.facts = init.facts
    this.statusFacts = init.statusFacts
  }

  /** JSON text of the record without `status`. */
  get document(): string {
    const own = this.#documents.read(this.#ownText)
    if (this.#sharedText === NO_TEXT) return own
    const shared = this.#documents.read(this.#sharedText)
    return own.slice(0, this.#sharedAt) + shared + own.slice(this.#sharedAt)
  }

  /** @param part what devices of its model have in common, if it occurs in the document */
  setDocument(document: string, part: string): void {
    const at = part === '' ? -1 : document.indexOf(part)
    if (at >= 0) {
      this.setDocumentParts(document.slice(0, at), part, document.slice(at + part.length))
      return
    }
    this.releaseDocument()
    this.#ownText = this.#documents.keep(document)
  }

  /** The same in three pieces, of which the middle one is what devices have in common. */
  setDocumentParts(head: string, part: string, tail: string): void {
    this.releaseDocument()
    this.#sharedAt = head.length
    this.#sharedText = this.#documents.share(part)
    this.#ownText = this.#documents.keep(head + tail)
  }

  /** It was forgotten; its document is empty from now on. */
  releaseDocument(): void {
    this.#documents.release(this.#ownText)
    this.#documents.release(this.#sharedText)
    this.#ownText = NO_TEXT
    this.#sharedText = NO_TEXT
  }

  /** The whole record as JSON text. */
  record(): string {
    return joinRecord(this.document, this.status)
  }

  /** Bytes of the record as UTF-8. */
  recordBytes(): number {
    const document = this.#asciiDocumentBytes()
    if (document < 0) return Buffer.byteLength(this.record())
    return document + STATUS_MEMBER.length + Buffer.byteLength(this.status)
  }

  /**
   * Writes the record into `target`, and returns where it ends there. Mostly it is copied as it is
   * kept: a page of a list is half a megabyte that would be text in between.
   */
  writeRecord(target: Buffer, at: number): number {
    const documents = this.#documents
    if (this.#asciiDocumentBytes() < 0) return at + target.write(this.record(), at)
    const own = documents.asciiBytes(this.#ownText)
    const head = this.#sharedText === NO_TEXT ? 0 : this.#sharedAt
    let end = documents.copyAscii(this.#ownText, 0, head, target, at)
    if (this.#sharedText !== NO_TEXT) {
      const shared = documents.asciiBytes(this.#sharedText)
      end = documents.copyAscii(this.#sharedText, 0, shared, target, end)
    }
    // As `joinRecord`: the status goes before the bracket that closes the document.
    end = documents.copyAscii(this.#ownText, head, own - 1, target, end)
    end += target.write(STATUS_MEMBER, end, 'latin1')
    end += target.write(this.status, end)
    return end + target.write('}', end, 'latin1')
  }

  /** -1 where it can't be copied as it is kept. */
  #asciiDocumentBytes(): number {
    const own = this.#documents.asciiBytes(this.#ownText)
    const shared = this.#documents.asciiBytes(this.#sharedText)
    const endsInOwn = this.#sharedText === NO_TEXT || this.#sharedAt < own
    return own < 1 || shared < 0 || !endsInOwn ? -1 : own + shared
  }

  /** The next heartbeat is compared with nothing: the status was set otherwise. */
  forgetBeat(): void {
    this.postponedBeat = undefined
    this.beatText = ''
    this.beatTsStart = -1
    this.beatTsEnd = -1
  }

  toStored(): StoredDevice {
    return {
      tenant: this.tenant,
      deviceId: this.deviceId,
      document: this.document,
      status: this.status,
      sinceEpochMs: this.sinceEpochMs,
      lastSeenEpochMs: this.lastSeenEpochMs === 0 ? null : this.lastSeenEpochMs,
      offlineAtEpochMs: this.online ? null : this.sinceEpochMs,
      presence: presenceText(this),
      ttlSeconds: this.facts.ttlSeconds,
    }
  }
}
