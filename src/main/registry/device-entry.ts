import { SILENT, type Beating } from './beat-history.ts'
import type { DeviceFacts, StatusFacts } from './device-facts.ts'
import type { DeviceGroup } from './tenant-index.ts'
import type { TenantMeter } from './tenant-meters.ts'
import { joinRecord } from './store.ts'
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
  /** Where its texts are kept. */
  readonly texts: TextArena
  readonly facts: DeviceFacts
  readonly statusFacts: StatusFacts
}

/**
 * One known device in memory. Its texts stay text, outside of the JavaScript heap: 100,000 parsed
 * records of 2 KB would take 567 MB, and what changes with each heartbeat would age there before it
 * is replaced, which costs the collector most. The fields are public and mutable because the heartbeat path writes to them several
 * 100,000 times a second; only the parts of the registry in this folder do.
 */
export class DeviceEntry implements Beating {
  readonly tenant: string
  readonly deviceId: string
  readonly #texts: TextArena
  /** Its document but for what others have as well, that, and where it belongs. */
  #ownText = NO_TEXT
  #sharedText = NO_TEXT
  #sharedAt = 0
  #status = NO_TEXT
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

  /** Bytes of the last heartbeat, and where in them the number of `ts` stands. */
  #beat = NO_TEXT
  beatBytes = 0
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
    this.#texts = init.texts
    this.status = init.status
    this.facts = init.facts
    this.statusFacts = init.statusFacts
  }

  /** JSON text of `status`. */
  get status(): string {
    return this.#status === NO_TEXT ? '{}' : this.#texts.read(this.#status)
  }

  set status(text: string) {
    this.#status = this.#texts.keep(text, this.#status)
  }

  /** JSON text of the record without `status`. */
  get document(): string {
    const own = this.#texts.read(this.#ownText)
    if (this.#sharedText === NO_TEXT) return own
    const shared = this.#texts.read(this.#sharedText)
    return own.slice(0, this.#sharedAt) + shared + own.slice(this.#sharedAt)
  }

  /** @param part what devices of its model have in common, if it occurs in the document */
  setDocument(document: string, part: string): void {
    const at = part === '' ? -1 : document.indexOf(part)
    if (at >= 0) {
      this.setDocumentParts(document.slice(0, at), part, document.slice(at + part.length))
      return
    }
    this.#releaseDocument()
    this.#ownText = this.#texts.keep(document)
  }

  /** The same in three pieces, of which the middle one is what devices have in common. */
  setDocumentParts(head: string, part: string, tail: string): void {
    this.#releaseDocument()
    this.#sharedAt = head.length
    this.#sharedText = this.#texts.share(part)
    this.#ownText = this.#texts.keep(head + tail)
  }

  /** It was forgotten; its document and status are empty from now on. */
  releaseTexts(): void {
    this.#releaseDocument()
    this.forgetBeat()
    this.#texts.release(this.#status)
    this.#status = NO_TEXT
  }

  #releaseDocument(): void {
    this.#texts.release(this.#ownText)
    this.#texts.release(this.#sharedText)
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
    return document + STATUS_MEMBER.length + this.#texts.bytesOf(this.#status)
  }

  /**
   * Writes the record into `target`, and returns where it ends there. Mostly it is copied as it is
   * kept: a page of a list is half a megabyte that would be text in between.
   */
  writeRecord(target: Buffer, at: number): number {
    const texts = this.#texts
    if (this.#asciiDocumentBytes() < 0) return at + target.write(this.record(), at)
    const own = texts.asciiBytes(this.#ownText)
    const head = this.#sharedText === NO_TEXT ? 0 : this.#sharedAt
    let end = texts.copy(this.#ownText, 0, head, target, at)
    if (this.#sharedText !== NO_TEXT) {
      const shared = texts.asciiBytes(this.#sharedText)
      end = texts.copy(this.#sharedText, 0, shared, target, end)
    }
    // As `joinRecord`: the status goes before the bracket that closes the document.
    end = texts.copy(this.#ownText, head, own - 1, target, end)
    end += target.write(STATUS_MEMBER, end, 'latin1')
    end = this.#texts.copy(this.#status, 0, this.#texts.bytesOf(this.#status), target, end)
    return end + target.write('}', end, 'latin1')
  }

  /** -1 where it can't be copied as it is kept. */
  #asciiDocumentBytes(): number {
    const own = this.#texts.asciiBytes(this.#ownText)
    const shared = this.#texts.asciiBytes(this.#sharedText)
    const endsInOwn = this.#sharedText === NO_TEXT || this.#sharedAt < own
    const isKept = own > 0 && shared >= 0 && this.#texts.bytesOf(this.#status) > 0
    return isKept && endsInOwn ? own + shared : -1
  }

  /** Keeps the bytes of a heartbeat, in which the number of `ts` stands from `tsStart` to `tsEnd`. */
  keepBeat(data: Uint8Array, tsStart: number, tsEnd: number): void {
    this.#beat = this.#texts.keepBytes(data, this.#beat)
    this.beatBytes = data.length
    this.beatTsStart = this.#beat === NO_TEXT ? -1 : tsStart
    this.beatTsEnd = tsEnd
  }

  /** Whether bytes `from` to `to` of the last heartbeat stand in `data` at `at`. */
  beatHas(from: number, to: number, data: Uint8Array, at: number): boolean {
    return this.#texts.hasBytes(this.#beat, from, to, data, at)
  }

  /** The next heartbeat is compared with nothing: the status was set otherwise. */
  forgetBeat(): void {
    this.postponedBeat = undefined
    this.#texts.release(this.#beat)
    this.#beat = NO_TEXT
    this.beatBytes = 0
    this.beatTsStart = -1
    this.beatTsEnd = -1
  }
}
