import type { Clock } from './clock.ts'
import type { RegistryCounters } from './counters.ts'
import type { Requester } from './requester.ts'
import type { DeviceKey } from './store.ts'

const REPORT_AGAIN_MS = 60_000
const MAX_REPORTS = 1000

/** A device whose id is its own: only who holds a credential of it may register it. */
export interface OwnedDevice extends DeviceKey {
  /** Names of its credentials; that of the device itself need not be among them. */
  readonly names: readonly string[]
}

/** A credential that tried to register as a device which it was not issued for. */
export interface Impostor extends DeviceKey {
  readonly publicKey: string
  /** The name in the credential, most often the id of the device that it was issued for. */
  readonly name: string
}

/** What is known of a device that registered before. */
interface Registered {
  readonly online: boolean
  /** It registered with a credential of its own name. */
  readonly hasOwnCredential: boolean
}

export interface IdentityGuardParts {
  readonly clock: Clock
  readonly counters: RegistryCounters
  /** Told of each impostor once a minute. */
  readonly report: (impostor: Impostor) => void
}

/**
 * Keeps devices from registering under the id of another. The server tells whose JWT a request came
 * with, and nobody but the authority signs JWTs: one that is named for a device was issued for it.
 *
 * An id is guarded while the ledger has a credential in force for it, and while the device that has
 * it is online and came with a credential of that name. Other credentials (one that a whole tenant
 * shares, a gateway's) may register any id that is nobody's own. A device that was commissioned
 * anew has a credential of its name, so that nothing here can lock it out.
 */
export class IdentityGuard {
  readonly #parts: IdentityGuardParts
  /** Hashes: ids of 100,000 devices take a tenth of the room so. */
  #owned = new Set<number>()
  /** Where credentials are called otherwise than their device. */
  #names = new Map<number, readonly string[]>()
  readonly #quietUntil = new Map<string, number>()

  constructor(parts: IdentityGuardParts) {
    this.#parts = parts
  }

  /** These ids are their devices' own; with `replace`, no others are. */
  own(devices: readonly OwnedDevice[], replace: boolean): void {
    if (replace) {
      this.#owned = new Set()
      this.#names = new Map()
    }
    for (const { tenant, deviceId, names } of devices) {
      const hash = hashOf(tenant, deviceId)
      this.#owned.add(hash)
      const others = names.filter((name) => name !== deviceId)
      // The credential of before is still in force.
      if (others.length > 0) this.#names.set(hash, [...(this.#names.get(hash) ?? []), ...others])
    }
  }

  /** Whether whoever asks may register as this device. */
  admits(device: DeviceKey, requester: Requester | undefined, known?: Registered): boolean {
    if (requester === undefined || requester.name === device.deviceId) return true
    const hash = hashOf(device.tenant, device.deviceId)
    const isOwned = this.#owned.has(hash)
    if (isOwned && this.#names.get(hash)?.includes(requester.name) === true) return true
    if (!isOwned && !(known?.online === true && known.hasOwnCredential)) return true
    this.#parts.counters.impostors += 1
    this.#report(device, requester)
    return false
  }

  #report({ tenant, deviceId }: DeviceKey, { publicKey, name }: Requester): void {
    const now = this.#parts.clock.monotonicMs()
    const key = `${tenant}.${deviceId} ${publicKey}`
    if (now < (this.#quietUntil.get(key) ?? -Infinity)) return
    if (this.#quietUntil.size >= MAX_REPORTS) this.#quietUntil.clear()
    this.#quietUntil.set(key, now + REPORT_AGAIN_MS)
    this.#parts.report({ tenant, deviceId, publicKey, name })
  }
}

/** 53 bits of two FNV-1a hashes: that two of 100,000 ids share one is a matter of 1 in 10^6. */
function hashOf(tenant: string, deviceId: string): number {
  const text = `${tenant}.${deviceId}`
  let low = 0x811c9dc5
  let high = 0x01000193
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    low = Math.imul(low ^ unit, 0x01000193)
    high = Math.imul(high ^ (unit + at), 0x85ebca6b)
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0)
}
