import { compare } from 'bcryptjs'
import type { Clock } from './clock.ts'

const MAX_ATTEMPTS = 3
const LOCKOUT_MS = 60 * 60 * 1000

/** Undefined where the PIN is right, otherwise the text that the device answers (protocol.md). */
export type PinComplaint = string | undefined

/**
 * Checks PINs as the devices in the field do: every attempt counts from the moment that it arrives,
 * so that attempts at the same time get no extra tries, and the third locks for an hour.
 */
export class PinCheck {
  readonly #pinHash: string
  readonly #clock: Clock
  #attempts = 0
  #lastAttemptAt = 0

  constructor(pinHash: string, clock: Clock) {
    this.#pinHash = pinHash
    this.#clock = clock
  }

  /**
   * Checks one attempt. The PIN is compared as it came: whoever sends `1234-5678` instead of
   * `12345678` has used up an attempt, as with the reference device.
   */
  async check(pin: unknown): Promise<PinComplaint> {
    const lockedForMs = this.#lockedForMs()
    if (lockedForMs > 0) {
      return `Too many attempts. Locked for ${Math.floor(lockedForMs / 1000)} seconds`
    }
    this.#attempts += 1
    this.#lastAttemptAt = this.#clock.now()
    const attempt = this.#attempts
    if (typeof pin !== 'string') return 'PIN validation error'
    const isRight = await compare(pin, this.#pinHash)
    return isRight ? undefined : `Invalid PIN (attempt ${attempt}/${MAX_ATTEMPTS})`
  }

  #lockedForMs(): number {
    if (this.#attempts < MAX_ATTEMPTS) return 0
    const remaining = this.#lastAttemptAt + LOCKOUT_MS - this.#clock.now()
    if (remaining <= 0) this.#attempts = 0
    return Math.max(0, remaining)
  }
}
