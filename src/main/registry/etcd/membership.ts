import { messageOf } from '#shared/errors.ts'
import type { Logger } from '../../log/logger.ts'
import type { Clock } from '../clock.ts'
import type { DeviceKey } from '../store.ts'
import type { EtcdClient, KeepAlive } from './etcd-client.ts'
import type { EtcdKeys } from './etcd-keys.ts'

/** When a registry dies, the others take its devices over after this. */
export const SEAT_TTL_SECONDS = 5
const TICK_MS = 500
const KEEP_EVERY_MS = 1500
const ANSWER_TIMEOUT_MS = 2000

export interface MembershipParts {
  readonly client: EtcdClient
  readonly keys: EtcdKeys
  readonly clock: Clock
  readonly logger: Logger
  /** Names this instance; no two may have the same. */
  readonly instanceId: string
  /** Instances came or went, or hear again or no more: devices may have changed hands. */
  readonly changed: () => void
}

interface Seat {
  readonly hash: number
  hearing: boolean
}

/**
 * Which registries there are, and which of them is responsible for a device: each by a hash of
 * both names, so that all agree without talking, and only the devices of one that went change hands.
 * An instance has a key under a short lease of its own; where it does not hear the mesh it says so
 * there, and is responsible for nothing.
 */
export class Membership {
  readonly #parts: MembershipParts
  readonly #own: Seat
  readonly #others = new Map<string, Seat>()
  #lease: string | undefined
  #stream: KeepAlive | undefined
  #busy = false
  #askedAtMs = 0
  /** An answer is awaited since then. */
  #awaiting = false
  /** Monotonic; until then etcd holds our seat for certain. */
  #seatedUntilMs = 0
  /** What etcd was told last; undefined where it has to be told again. */
  #told: boolean | undefined
  #ticking: NodeJS.Timeout | undefined
  #closed = false

  constructor(parts: MembershipParts) {
    this.#parts = parts
    this.#own = { hash: hashOf(parts.instanceId), hearing: false }
  }

  /** All that are known to live, this one among them. */
  get size(): number {
    return this.#others.size + 1
  }

  /** Whether etcd knows of this instance: only then may it say that a device is gone. */
  get seated(): boolean {
    return this.#parts.clock.monotonicMs() < this.#seatedUntilMs
  }

  start(): void {
    this.#ticking ??= setInterval(() => this.#tick(), TICK_MS)
    this.#tick()
  }

  /** Leaves, so that the others take over at once. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#ticking)
    this.#stream?.close()
    this.#seatedUntilMs = 0
    if (this.#lease === undefined) return
    try {
      await this.#parts.client.revokeLease(this.#lease)
    } catch (error) {
      this.#parts.logger.debug('the instance could not be signed off', { why: messageOf(error) })
    }
  }

  /** Whether heartbeats reach this instance. */
  setHearing(hearing: boolean): void {
    if (this.#own.hearing === hearing) return
    this.#own.hearing = hearing
    this.#parts.changed()
    this.#tick()
  }

  /** The key of an instance was put or deleted, as the watch tells. */
  heardOf(id: string, value: Buffer | undefined): void {
    if (id === this.#parts.instanceId) {
      // Somebody else deleted it, or it expired while we stood still.
      if (value === undefined) this.#told = undefined
      return
    }
    if (value === undefined) {
      if (this.#others.delete(id)) this.#parts.changed()
      return
    }
    const hearing = readHearing(value)
    const known = this.#others.get(id)
    if (known?.hearing === hearing) return
    this.#others.set(id, { hash: known?.hash ?? hashOf(id), hearing })
    this.#parts.changed()
  }

  /** The instances that a new look at all keys found. */
  replaceAll(found: ReadonlyMap<string, Buffer>): void {
    for (const id of this.#others.keys()) if (!found.has(id)) this.heardOf(id, undefined)
    for (const [id, value] of found) this.heardOf(id, value)
    if (!found.has(this.#parts.instanceId)) this.#told = undefined
  }

  isAlive(id: string): boolean {
    return id === this.#parts.instanceId || this.#others.has(id)
  }

  /** Whether this instance is responsible for a device. Where nobody hears the mesh, by the same rule among all. */
  owns({ tenant, deviceId }: DeviceKey): boolean {
    if (this.#others.size === 0) return true
    const own = this.#own.hearing
    const device = hashOf(deviceId, hashOf(tenant))
    const weight = mix(device ^ this.#own.hash)
    for (const other of this.#others.values()) {
      if (other.hearing !== own) {
        if (other.hearing) return false
        continue
      }
      const theirs = mix(device ^ other.hash)
      if (theirs > weight || (theirs === weight && other.hash > this.#own.hash)) return false
    }
    return true
  }

  /** Of several, exactly one at a time does what has to be done once for all. */
  leads(unseated: boolean): boolean {
    return (this.seated || unseated) && this.owns({ tenant: '', deviceId: 'leader' })
  }

  #tick(): void {
    if (this.#busy || this.#closed) return
    const now = this.#parts.clock.monotonicMs()
    if (this.#awaiting && now - this.#askedAtMs > ANSWER_TIMEOUT_MS) {
      this.#parts.client.turnToNext()
      this.#restart()
    }
    const due = !this.#awaiting && now - this.#askedAtMs >= KEEP_EVERY_MS
    if (!due && this.#told === this.#own.hearing) return
    this.#busy = true
    void this.#sit(now).finally(() => (this.#busy = false))
  }

  async #sit(now: number): Promise<void> {
    const { client, keys, instanceId, logger } = this.#parts
    try {
      if (this.#lease === undefined) {
        this.#lease = (await client.grantLease(SEAT_TTL_SECONDS)).id
        this.#told = undefined
      }
      if (this.#told !== this.#own.hearing) {
        const hearing = this.#own.hearing
        const value = JSON.stringify({ hearing })
        const put = {
          kind: 'put',
          key: keys.instance(instanceId),
          value,
          lease: this.#lease,
        } as const
        await client.commit([{ guards: [], writes: [put] }])
        this.#told = hearing
      }
      await this.#keep(now)
    } catch (error) {
      logger.debug('the instance could not be signed on', { why: messageOf(error) })
      this.#restart()
      this.#lease = undefined
    }
  }

  async #keep(now: number): Promise<void> {
    const lease = this.#lease
    if (lease === undefined) return
    this.#stream ??= await this.#parts.client.openKeepAlive({
      kept: (id, ttlSeconds) => {
        if (id !== this.#lease) return
        this.#awaiting = false
        if (ttlSeconds === 0) {
          this.#lease = undefined
          this.#seatedUntilMs = 0
          this.#told = undefined
          return
        }
        this.#seatedUntilMs = this.#askedAtMs + ttlSeconds * 1000
      },
      ended: () => this.#restart(),
    })
    this.#askedAtMs = now
    this.#awaiting = true
    this.#stream.keep(lease)
  }

  #restart(): void {
    this.#stream?.close()
    this.#stream = undefined
    this.#askedAtMs = 0
    this.#awaiting = false
  }
}

function readHearing(value: Buffer): boolean {
  try {
    const parsed = JSON.parse(value.toString()) as { hearing?: unknown } | null
    return parsed?.hearing === true
  } catch {
    return false
  }
}

/** FNV-1a. */
function hashOf(text: string, seed = 0x81_1c_9d_c5): number {
  let hash = seed
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01_00_01_93)
  }
  return hash >>> 0
}

/** The finalizer of MurmurHash3: spreads bits that differ over all others. */
function mix(value: number): number {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x85_eb_ca_6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2_b2_ae_35)
  return (hash ^ (hash >>> 16)) >>> 0
}
