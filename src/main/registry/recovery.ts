import type { RegistryCounters } from './counters.ts'
import type { Clock } from './clock.ts'

/** How long a device has to answer `requestRegistration` (protocol.md, "Recovery"). */
export const RECOVERY_TIMEOUT_MS = 5000
const BACKOFF_MIN_MS = 1000
const BACKOFF_MAX_MS = 30_000
const MAX_IN_FLIGHT = 128
/** Devices remembered at once, waiting or backing off; a flood of made-up ids ends here. */
const MAX_REMEMBERED = 20_000
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
  #queue: Patient[] = []
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
      if (this.#patients.size >= MAX_REMEMBERED && !this.#makeRoom()) {
        this.#parts.counters.recoveriesPostponed += 1
        return
      }
      patient = { key, tenant, deviceId, failures: 0, notBeforeMs: 0, busy: false }
      this.#patients.set(key, patient)
    }
    patient.busy = true
    this.#queue.push(patient)
    this.#next()
  }

  close(): void {
    this.#closed = true
    this.#queue = []
    this.#patients.clear()
  }

  #next(): void {
    while (this.#inFlight < MAX_IN_FLIGHT) {
      const patient = this.#queue.shift()
      if (patient === undefined) return
      if (this.#parts.isLive(patient.tenant, patient.deviceId)) {
        this.#patients.delete(patient.key)
        continue
      }
      this.#inFlight += 1
      void this.#ask(patient).finally(() => {
        this.#inFlight -= 1
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
      this.#patients.delete(patient.key)
      return
    }
    this.#parts.counters.recoveriesFailed += 1
    patient.busy = false
    patient.notBeforeMs =
      this.#parts.clock.monotonicMs() +
      Math.min(BACKOFF_MIN_MS * 2 ** patient.failures, BACKOFF_MAX_MS)
    patient.failures += 1
  }

  /** Forgets one of those longest known that is not being asked. Maps keep order of insertion. */
  #makeRoom(): boolean {
    let looked = 0
    for (const patient of this.#patients.values()) {
      looked += 1
      if (looked > MAX_LOOKED_AT) return false
      if (patient.busy) continue
      this.#patients.delete(patient.key)
      return true
    }
    return false
  }
}
