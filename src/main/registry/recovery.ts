import { FairLines } from './fair-lines.ts'
import type { RegistryCounters } from './counters.ts'
import type { Clock } from './clock.ts'

/** How long a device has to answer `requestRegistration` (protocol.md, "Recovery"). */
export const RECOVERY_TIMEOUT_MS = 5000
const BACKOFF_MIN_MS = 1000
const BACKOFF_MAX_MS = 30_000
const MAX_IN_FLIGHT = 128
/** A tenant whose devices do not answer leaves the rest to others. */
const MAX_IN_FLIGHT_OF_TENANT = 96
/** Devices remembered at once, waiting or backing off; a flood of made-up ids ends here. */
const MAX_REMEMBERED = 20_000
const MAX_REMEMBERED_OF_TENANT = 15_000
/** Of these, how many are tried when one has to make room: it happens once a message then. */
const MAX_LOOKED_AT = 16

interface Patient {
  readonly key: string
  readonly tenant: string
  readonly deviceId: string
  failures: number
  notBeforeMs: number
  /** Waiting for its turn, or asked and not answered yet. */
  busy: boolean
}

export interface RecoveryParts {
  readonly clock: Clock
  readonly counters: RegistryCounters
  /** Asks the device; resolves with the text of its answer, rejects after RECOVERY_TIMEOUT_MS. */
  request(tenant: string, deviceId: string): Promise<string>
  /** Whether asking is for this registry to do; of several, one asks. */
  isOurs(tenant: string, deviceId: string): boolean
  /** Whether it has registered by itself meanwhile. */
  isLive(tenant: string, deviceId: string): boolean
  /** Registers from the answer; false where the answer is no registration of this device. */
  admit(tenant: string, deviceId: string, answer: string): boolean
}

/**
 * Asks devices that beat without a live record to register (protocol.md, "Recovery"): after a
 * laptop slept, a restarted registry or store. One question a device at a time, with backoff, and
 * a bounded number in all, so that a whole fleet that comes back is worked off in order.
 */
export class Recovery {
  readonly #parts: RecoveryParts
  readonly #patients = new Map<string, Patient>()
  readonly #waiting = new FairLines<Patient>()
  /** By tenant: how many are being asked, and how many are remembered. */
  readonly #asking = new Map<string, number>()
  readonly #remembered = new Map<string, number>()
  #inFlight = 0
  #closed = false

  constructor(parts: RecoveryParts) {
    this.#parts = parts
  }

  /** Whether asking now would do nothing. Cheap, so that heartbeats need not be parsed for it. */
  isBusyWith(tenant: string, deviceId: string): boolean {
    const patient = this.#patients.get(`${tenant}.${deviceId}`)
    if (patient === undefined) return !this.#parts.isOurs(tenant, deviceId)
    return patient.busy || patient.notBeforeMs > this.#parts.clock.monotonicMs()
  }

  /** A device without a live record was heard. Both names are safe tokens. */
  wanted(tenant: string, deviceId: string): void {
    if (this.#closed || this.isBusyWith(tenant, deviceId)) return
    const key = `${tenant}.${deviceId}`
    let patient = this.#patients.get(key)
    if (patient === undefined) {
      const isFull =
        this.#patients.size >= MAX_REMEMBERED ||
        countOf(this.#remembered, tenant) >= MAX_REMEMBERED_OF_TENANT
      if (isFull && !this.#makeRoom(tenant)) {
        this.#parts.counters.recoveriesPostponed += 1
        return
      }
      patient = { key, tenant, deviceId, failures: 0, notBeforeMs: 0, busy: false }
      this.#patients.set(key, patient)
      add(this.#remembered, tenant, 1)
    }
    patient.busy = true
    this.#waiting.push(tenant, patient)
    this.#next()
  }

  close(): void {
    this.#closed = true
    this.#waiting.clear()
    this.#patients.clear()
  }

  #next(): void {
    while (this.#inFlight < MAX_IN_FLIGHT) {
      const patient = this.#waiting.take(
        (tenant) => countOf(this.#asking, tenant) < MAX_IN_FLIGHT_OF_TENANT,
      )
      if (patient === undefined) return
      if (this.#parts.isLive(patient.tenant, patient.deviceId)) {
        this.#forget(patient)
        continue
      }
      this.#inFlight += 1
      add(this.#asking, patient.tenant, 1)
      void this.#ask(patient).finally(() => {
        this.#inFlight -= 1
        add(this.#asking, patient.tenant, -1)
        this.#next()
      })
    }
  }

  async #ask(patient: Patient): Promise<void> {
    const { tenant, deviceId } = patient
    this.#parts.counters.recoveriesAsked += 1
    let admitted = false
    try {
      const answer = await this.#parts.request(tenant, deviceId)
      if (this.#closed) return
      admitted = this.#parts.isLive(tenant, deviceId) || this.#parts.admit(tenant, deviceId, answer)
    } catch {
      // No answer, no responder, or no connection: its next heartbeat asks again.
    }
    if (admitted) {
      this.#forget(patient)
      return
    }
    this.#parts.counters.recoveriesFailed += 1
    patient.busy = false
    patient.notBeforeMs =
      this.#parts.clock.monotonicMs() +
      Math.min(BACKOFF_MIN_MS * 2 ** patient.failures, BACKOFF_MAX_MS)
    patient.failures += 1
  }

  #forget({ key, tenant }: Patient): void {
    if (this.#patients.delete(key)) add(this.#remembered, tenant, -1)
  }

  /**
   * Forgets one of those longest known that is not being asked; of the tenant itself, where that has
   * more than its share. Maps keep order of insertion.
   */
  #makeRoom(tenant: string): boolean {
    const hasItsShare = countOf(this.#remembered, tenant) >= MAX_REMEMBERED_OF_TENANT
    let looked = 0
    for (const patient of this.#patients.values()) {
      looked += 1
      if (looked > MAX_LOOKED_AT) return false
      if (patient.busy || (hasItsShare && patient.tenant !== tenant)) continue
      this.#forget(patient)
      return true
    }
    return false
  }
}

function countOf(counts: ReadonlyMap<string, number>, tenant: string): number {
  return counts.get(tenant) ?? 0
}

function add(counts: Map<string, number>, tenant: string, change: number): void {
  const count = countOf(counts, tenant) + change
  if (count === 0) counts.delete(tenant)
  else counts.set(tenant, count)
}
