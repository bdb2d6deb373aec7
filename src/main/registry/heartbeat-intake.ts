import { isJsonObject, parseJsonObject, type JsonObject } from '#shared/protocol/json-rpc.ts'
import type { Dialect } from '#shared/protocol/dialect.ts'
import { parseDeviceSubject } from '#shared/protocol/subjects.ts'
import type { BeatHistory } from './beat-history.ts'
import type { Clock } from './clock.ts'
import type { RegistryCounters } from './counters.ts'
import type { DeviceEntry } from './device-entry.ts'
import { statusFacts } from './device-facts.ts'
import type { DropLog } from './drop-log.ts'
import type { FleetFeed } from './fleet-feed.ts'
import type { FleetIndex } from './fleet-index.ts'
import { isSameBeat, rememberBeat } from './heartbeat-text.ts'
import { payFor } from './rate-limit.ts'
import type { Recovery } from './recovery.ts'
import type { RegistryLimits } from './registry-limits.ts'
import { mergeStatus } from './status-merge.ts'
import type { WriteBehind } from './write-behind.ts'

/** Largest heartbeat taken, and largest status that heartbeats may build up, in bytes. */
const MAX_HEARTBEAT_BYTES = 64 * 1024
/** Heartbeats that wait for a limit, all together; what is over it is told by the device's next one. */
const MAX_POSTPONED_BYTES = 32 * 1024 * 1024

export interface HeartbeatParts {
  readonly dialect: Dialect
  readonly clock: Clock
  readonly counters: RegistryCounters
  readonly drops: DropLog
  readonly index: FleetIndex
  readonly history: BeatHistory
  readonly limits: RegistryLimits
  readonly writes: WriteBehind
  readonly feed: FleetFeed
  readonly recovery: Recovery
}

/** Takes `P.T.D.heartbeat` messages (protocol.md, "Registration"). */
export class HeartbeatIntake {
  readonly #parts: HeartbeatParts
  /** Devices with a heartbeat that waits, or that waited until lately. */
  readonly #postponed = new Set<DeviceEntry>()
  #postponedBytes = 0

  constructor(parts: HeartbeatParts) {
    this.#parts = parts
  }

  receive(subject: string, data: Uint8Array): void {
    const { counters, index } = this.#parts
    counters.heartbeats += 1
    const entry = index.bySubject(subject)
    if (entry === undefined || !entry.online) {
      this.#fromUnknown(subject, data)
    } else if (isSameBeat(entry, data)) {
      counters.heartbeatsUnchanged += 1
      // It says again what was taken last.
      entry.postponedBeat = undefined
      this.#heard(entry)
    } else if (this.#mayChange(entry)) {
      entry.postponedBeat = undefined
      if (this.#read(entry, subject, data)) this.#heard(entry)
    } else {
      // That it lives costs nothing to know; what it said last can wait.
      counters.throttled += 1
      this.#parts.drops.note(
        subject,
        'its status changes too often; heartbeats count as life signs',
      )
      this.#postpone(entry, data)
      this.#heard(entry)
    }
  }

  /** Takes the last of what devices said beyond their limits, as far as these allow. To be called often. */
  takePostponed(): void {
    const exhausted = new Set<string>()
    this.#postponedBytes = 0
    for (const entry of this.#postponed) {
      const data = entry.postponedBeat
      if (data !== undefined && !this.#takeLate(entry, data, exhausted)) {
        this.#postponedBytes += data.length
      } else this.#postponed.delete(entry)
    }
  }

  /** @param exhausted tenants whose limit is reached */
  #takeLate(entry: DeviceEntry, data: Uint8Array, exhausted: Set<string>): boolean {
    if (exhausted.has(entry.tenant)) return false
    if (!this.#mayChange(entry)) {
      if (!this.#tenantMayChange(entry.tenant)) exhausted.add(entry.tenant)
      return false
    }
    entry.postponedBeat = undefined
    // Its life sign was noted when it came.
    this.#read(entry, `${entry.tenant}.${entry.deviceId}`, data)
    return true
  }

  #postpone(entry: DeviceEntry, data: Uint8Array): void {
    const before = entry.postponedBeat?.length ?? 0
    const bytes = this.#postponedBytes + data.length - before
    if (data.length > MAX_HEARTBEAT_BYTES || bytes > MAX_POSTPONED_BYTES) return
    this.#postponedBytes = bytes
    // A copy: the client's bytes are part of a larger piece.
    entry.postponedBeat = Buffer.from(data)
    this.#postponed.add(entry)
  }

  #heard(entry: DeviceEntry): void {
    const { clock, history, feed } = this.#parts
    const nowMs = clock.monotonicMs()
    const wallMs = clock.epochMs()
    if (entry.meter !== undefined) entry.meter.heartbeats += 1
    const worthTelling = history.heard(entry, nowMs, wallMs)
    entry.lastBeatMs = nowMs
    entry.lastSeenEpochMs = wallMs
    if (worthTelling) feed.changed(entry)
    else feed.beat(entry)
  }

  /** @returns whether it is a heartbeat of this device */
  #read(entry: DeviceEntry, subject: string, data: Uint8Array): boolean {
    const beat = this.#parse(subject, entry.deviceId, data)
    if (beat === undefined) return false
    const { counters, index, writes, feed } = this.#parts
    const status = mergeStatus(entry.status, beat)
    if (status === undefined) {
      counters.heartbeatsUnchanged += 1
    } else {
      const text = JSON.stringify(status)
      if (text.length > MAX_HEARTBEAT_BYTES) {
        this.#drop(subject, 'oversize', 'the status would grow beyond 64 KiB')
        return false
      }
      counters.heartbeatsChanged += 1
      entry.status = text
      entry.statusFacts = statusFacts(status, entry.statusFacts)
      index.changed(entry)
      writes.update(entry)
      feed.changed(entry)
    }
    rememberBeat(entry, data)
    const seconds = beat['ts']
    entry.deviceClockSeconds = typeof seconds === 'number' ? seconds : 0
    return true
  }

  #mayChange(entry: DeviceEntry): boolean {
    const { clock, index, limits } = this.#parts
    const now = clock.monotonicMs()
    const paid = payFor(entry.changesPaidMs, now, limits.changes)
    if (paid < 0) return false
    const meter = entry.meter ?? index.meters.of(entry.tenant)
    const paidOfTenant = payFor(meter.changesPaidMs, now, limits.tenantChanges)
    if (paidOfTenant < 0) return false
    entry.changesPaidMs = paid
    meter.changesPaidMs = paidOfTenant
    return true
  }

  #tenantMayChange(tenant: string): boolean {
    const { clock, index, limits } = this.#parts
    const { changesPaidMs } = index.meters.of(tenant)
    return payFor(changesPaidMs, clock.monotonicMs(), limits.tenantChanges) >= 0
  }

  /** Looked at first: a flood of made-up names must not cost what a name costs. */
  #mayBeUnknown(subject: string): boolean {
    const { clock, counters, dialect, drops, index, limits } = this.#parts
    const start = dialect.subjectRoot.length + 1
    const tenant = subject.slice(start, subject.indexOf('.', start))
    const meter = index.meters.of(tenant)
    meter.heartbeats += 1
    const paid = payFor(meter.unknownPaidMs, clock.monotonicMs(), limits.unknown)
    if (paid >= 0) {
      meter.unknownPaidMs = paid
      return true
    }
    counters.flooded += 1
    drops.note(tenant, 'too many heartbeats from devices that are not known')
    return false
  }

  #fromUnknown(subject: string, data: Uint8Array): void {
    if (!this.#mayBeUnknown(subject)) return
    const { counters, dialect, recovery } = this.#parts
    const names = parseDeviceSubject(dialect, subject)
    if (names === undefined) {
      counters.unsafeNames += 1
      return
    }
    if (recovery.isBusyWith(names.tenant, names.device)) return
    if (this.#parse(subject, names.device, data) === undefined) return
    recovery.wanted(names.tenant, names.device)
  }

  #parse(subject: string, deviceId: string, data: Uint8Array): JsonObject | undefined {
    if (data.length > MAX_HEARTBEAT_BYTES) {
      this.#drop(subject, 'oversize', 'a heartbeat of more than 64 KiB')
      return undefined
    }
    const beat = parseJsonObject(utf8.decode(data))
    if (!isJsonObject(beat)) {
      this.#drop(subject, 'malformed', 'a heartbeat that is no JSON object')
      return undefined
    }
    // The subject says who beats; permissions guard it. A payload can't speak for another device.
    const claimed = beat['device_id']
    if (claimed !== undefined && claimed !== deviceId) {
      this.#drop(subject, 'misattributed', 'a heartbeat whose device_id is not that of its subject')
      return undefined
    }
    return beat
  }

  #drop(subject: string, kind: 'oversize' | 'malformed' | 'misattributed', why: string): void {
    this.#parts.counters[kind] += 1
    this.#parts.drops.note(subject, why)
  }
}

const utf8 = new TextDecoder()
