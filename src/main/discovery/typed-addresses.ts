import { RejectedError, toMusterError, TransientError } from '#shared/errors.ts'
import { isSafeToken } from '#shared/protocol/names.ts'
import type { Clock } from './clock.ts'
import { formatDeviceAddress, type DeviceAddress } from './device-address.ts'
import type { TypedDevice } from './device-list.ts'
import { cleanText } from '#shared/protocol/device-text.ts'

/** What a device says of itself when asked at an address. */
export interface ProbedDevice {
  readonly deviceId: string
  readonly deviceType: string | null
  readonly state: string
}

/**
 * Asks the device at an address who it is (`GET /info`).
 * @throws MusterError that tells the person why it could not.
 */
export type ProbeDevice = (address: DeviceAddress, signal: AbortSignal) => Promise<ProbedDevice>

const REPROBE_MS = 10_000
/** The probe has its own deadline; this one only keeps a hanging probe from stopping the next. */
const PROBE_TIMEOUT_MS = 8000
const MAX_TYPED = 64
const MAX_TEXT_LENGTH = 128

interface Entry {
  device: TypedDevice
  readonly address: DeviceAddress
  readonly removal: AbortController
}

export interface TypedAddressesOptions {
  readonly probe: ProbeDevice
  readonly clock: Clock
  readonly onChange: () => void
}

/**
 * Devices that a person added by address. Each is asked again every 10 s, is `reachable` while it
 * answers, and stays until the person removes it.
 */
export class TypedAddresses {
  readonly #options: TypedAddressesOptions
  readonly #entries = new Map<string, Entry>()
  readonly #closing = new AbortController()

  constructor(options: TypedAddressesOptions) {
    this.#options = options
  }

  list(): TypedDevice[] {
    return [...this.#entries.values()].map((entry) => entry.device)
  }

  /**
   * Asks at the address and keeps it if a device answers. Adding it again asks again.
   * @throws RejectedError `TOO_MANY_ADDRESSES`, or what the probe throws.
   */
  async add(address: DeviceAddress, signal: AbortSignal): Promise<TypedDevice> {
    const key = `address:${formatDeviceAddress(address)}`
    if (!this.#entries.has(key) && this.#entries.size >= MAX_TYPED) throw tooMany()
    const probed = await this.#probe(address, signal)
    this.remove(key)
    const now = this.#options.clock.wallNow()
    const times = { firstSeenAt: now, lastSeenAt: now }
    const device = { key, ...address, ...probed, reachable: true, ...times }
    const entry = { device, address, removal: new AbortController() }
    this.#entries.set(key, entry)
    this.#options.onChange()
    this.#reprobeLater(entry)
    return device
  }

  /** Whether there was such an entry. */
  remove(key: string): boolean {
    const entry = this.#entries.get(key)
    if (!entry) return false
    entry.removal.abort()
    this.#entries.delete(key)
    this.#options.onChange()
    return true
  }

  close(): void {
    this.#closing.abort()
    for (const { removal } of this.#entries.values()) removal.abort()
    this.#entries.clear()
  }

  #reprobeLater(entry: Entry): void {
    const { signal } = entry.removal
    if (signal.aborted) return
    const cancel = this.#options.clock.setTimer(REPROBE_MS, () => {
      signal.removeEventListener('abort', cancel)
      void this.#reprobe(entry)
    })
    signal.addEventListener('abort', cancel, { once: true })
  }

  async #reprobe(entry: Entry): Promise<void> {
    const { signal } = entry.removal
    const before = entry.device
    try {
      const probed = await this.#probe(entry.address, signal)
      const lastSeenAt = this.#options.clock.wallNow()
      entry.device = { ...before, ...probed, reachable: true, lastSeenAt }
    } catch {
      // Why does not matter here: whoever wants to speak to the device is told by that attempt.
      entry.device = { ...before, reachable: false }
    }
    if (signal.aborted) return
    this.#options.onChange()
    this.#reprobeLater(entry)
  }

  async #probe(address: DeviceAddress, signal: AbortSignal): Promise<ProbedDevice> {
    const timeout = new AbortController()
    const cancel = this.#options.clock.setTimer(PROBE_TIMEOUT_MS, () => timeout.abort(silent()))
    const either = AbortSignal.any([signal, timeout.signal, this.#closing.signal])
    try {
      return checkProbed(await this.#options.probe(address, either))
    } catch (thrown) {
      throw timeout.signal.aborted ? silent() : toMusterError(thrown)
    } finally {
      cancel()
    }
  }
}

function checkProbed({ deviceId, deviceType, state }: ProbedDevice): ProbedDevice {
  if (!isSafeToken(deviceId) || cleanText(deviceId, deviceId.length) !== deviceId) throw unsafeId()
  return {
    deviceId,
    deviceType: cleanText(deviceType ?? '', MAX_TEXT_LENGTH) || null,
    state: cleanText(state, MAX_TEXT_LENGTH) || 'unknown',
  }
}

function tooMany(): RejectedError {
  return new RejectedError({
    code: 'TOO_MANY_ADDRESSES',
    message: `${MAX_TYPED} devices were added by address already, and each is asked every few seconds.`,
    advice: 'Remove those that you no longer need.',
  })
}

function unsafeId(): RejectedError {
  return new RejectedError({
    code: 'DEVICE_ID_UNSAFE',
    message:
      'The device at this address has an id that cannot be used: it is empty, too long or holds characters that NATS gives a meaning to.',
    advice: 'Give the device another id, or ask its maker.',
  })
}

function silent(): TransientError {
  return new TransientError({
    code: 'DEVICE_SILENT',
    message: 'The device at this address took the connection but did not answer in time.',
    advice: 'Check that it is a device and not something else on that port, then try again.',
  })
}
