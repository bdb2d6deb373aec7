import { messageOf } from '#shared/errors.ts'
import type { Logger } from '../../log/logger.ts'
import type { Clock } from '../clock.ts'
import type { EtcdClient, KeepAlive } from './etcd-client.ts'

/**
 * Records that share a lease. etcd looks at all keys of a lease when one more is put under it, so
 * they are not many; and what expires together comes back together.
 */
const DEVICES_PER_LEASE = 256
const SHORTEST_TTL_SECONDS = 15
const TICK_MS = 500
/** A lease is kept alive when this part of its time is over. */
const KEEP_AT = 1 / 3
/** Without an answer for this long the stream is of no use, whatever it says. */
const ANSWER_TIMEOUT_MS = 3000
const REOPEN_AFTER_MS = 500

/** A lease that many records stand under. */
export interface SharedLease {
  readonly id: string
  ttlSeconds: number
  /** Records under it, as far as this registry knows. */
  devices: number
  /** Monotonic; when to keep it alive next. */
  dueAtMs: number
  /** Monotonic; an answer is awaited since then, 0 where none is. */
  askedAtMs: number
  gone: boolean
}

/**
 * The leases that records stand under. There is one for each 256 devices of about the same TTL,
 * whoever granted it, and every registry keeps all of them alive: so none expires when the one that
 * granted it dies. Leases are the net beneath: they take records away when no registry lives any
 * more. While one does, it says who is offline.
 */
export class LeaseBook {
  readonly #client: EtcdClient
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #leases = new Map<string, SharedLease>()
  /** With room for more, by TTL. */
  readonly #open = new Map<number, SharedLease>()
  readonly #granting = new Map<number, Promise<SharedLease>>()
  #stream: KeepAlive | undefined
  #opening = false
  #reopenAtMs = 0
  #ticking: NodeJS.Timeout | undefined

  constructor(client: EtcdClient, clock: Clock, logger: Logger) {
    this.#client = client
    this.#clock = clock
    this.#logger = logger
  }

  get size(): number {
    return this.#leases.size
  }

  start(): void {
    this.#ticking ??= setInterval(() => this.#tick(), TICK_MS)
  }

  close(): void {
    clearInterval(this.#ticking)
    this.#stream?.close()
    this.#stream = undefined
  }

  /** Keeps a lease alive on behalf of somebody else, now and from then on. */
  adopt(id: string): SharedLease {
    let lease = this.#leases.get(id)
    if (lease === undefined) {
      // Its first answer says how long it lasts.
      lease = { id, ttlSeconds: 0, devices: 0, dueAtMs: 0, askedAtMs: 0, gone: false }
      this.#leases.set(id, lease)
    }
    return lease
  }

  /**
   * A lease with room for one more record, which is counted at once.
   * @param ttlSeconds of the device; the lease lasts at least as long
   * @throws what `EtcdClient.grantLease` throws
   */
  async place(ttlSeconds: number): Promise<SharedLease> {
    const ttl = classOf(ttlSeconds)
    let lease = this.#open.get(ttl)
    while (lease === undefined || lease.gone || lease.devices >= DEVICES_PER_LEASE) {
      lease = await this.#grant(ttl)
    }
    lease.devices += 1
    return lease
  }

  /** A record left its lease. Without records a lease is left to expire. */
  leave(lease: SharedLease): void {
    lease.devices -= 1
    if (lease.devices > 0) return
    this.#leases.delete(lease.id)
    lease.gone = true
  }

  /** etcd does not have this lease any more. */
  lost(lease: SharedLease): void {
    lease.gone = true
    this.#leases.delete(lease.id)
  }

  async #grant(ttl: number): Promise<SharedLease> {
    let granting = this.#granting.get(ttl)
    if (granting === undefined) {
      granting = this.#grantNew(ttl)
      this.#granting.set(ttl, granting)
    }
    try {
      return await granting
    } finally {
      this.#granting.delete(ttl)
    }
  }

  async #grantNew(ttl: number): Promise<SharedLease> {
    const granted = await this.#client.grantLease(ttl)
    const lease = this.adopt(granted.id)
    this.#answered(lease, granted.ttlSeconds)
    this.#open.set(ttl, lease)
    return lease
  }

  #tick(): void {
    const now = this.#clock.monotonicMs()
    let waiting = false
    for (const lease of this.#leases.values()) {
      if (lease.askedAtMs > 0 && now - lease.askedAtMs > ANSWER_TIMEOUT_MS) {
        this.#fail('no answer to a lease that was to be kept alive')
        return
      }
      if (lease.askedAtMs > 0 || lease.dueAtMs > now) continue
      waiting = true
      if (this.#stream === undefined) break
      lease.askedAtMs = now
      this.#stream.keep(lease.id)
    }
    if (waiting && this.#stream === undefined && now >= this.#reopenAtMs) void this.#openStream()
  }

  async #openStream(): Promise<void> {
    if (this.#opening) return
    this.#opening = true
    try {
      this.#stream = await this.#client.openKeepAlive({
        kept: (id, ttlSeconds) => {
          const lease = this.#leases.get(id)
          if (lease !== undefined) this.#answered(lease, ttlSeconds)
        },
        ended: (error) => this.#fail(messageOf(error)),
      })
      this.#tick()
    } catch (error) {
      this.#fail(messageOf(error))
    } finally {
      this.#opening = false
    }
  }

  #answered(lease: SharedLease, ttlSeconds: number): void {
    lease.askedAtMs = 0
    if (ttlSeconds === 0) {
      // The records went with it; the watch tells of each, and they are put under another.
      this.lost(lease)
      return
    }
    lease.ttlSeconds = ttlSeconds
    lease.dueAtMs = this.#clock.monotonicMs() + ttlSeconds * 1000 * KEEP_AT
  }

  #fail(why: string): void {
    this.#logger.debug('leases can not be kept alive', { why, leases: this.#leases.size })
    this.#stream?.close()
    this.#stream = undefined
    this.#client.turnToNext()
    this.#reopenAtMs = this.#clock.monotonicMs() + REOPEN_AFTER_MS
    for (const lease of this.#leases.values()) lease.askedAtMs = 0
  }
}

/** 15, 30, 60 … seconds: so few that leases are shared whatever TTLs devices choose. */
function classOf(ttlSeconds: number): number {
  let seconds = SHORTEST_TTL_SECONDS
  while (seconds < ttlSeconds) seconds *= 2
  return seconds
}
