import type { Clock } from './clock.ts'

/** A device's announcement is about 300 bytes; 1 MiB is a hundred simulated ones on one address. */
const SOURCE_BURST_BYTES = 1024 * 1024
const SOURCE_BYTES_PER_SECOND = 256 * 1024
/** Source addresses are easily forged, so all of them together are limited as well. */
const TOTAL_BURST_BYTES = 8 * 1024 * 1024
const TOTAL_BYTES_PER_SECOND = 512 * 1024
const MAX_SOURCES = 1024

interface Bucket {
  bytes: number
  filledAt: number
}

/**
 * Token buckets, counted in bytes, for each source address and for all together. Decoding costs
 * at most about 0.4 µs a byte (datagram-check.ts), so this bounds what a flood can take.
 */
export class TrafficLimit {
  readonly #clock: Clock
  readonly #sources = new Map<string, Bucket>()
  readonly #total: Bucket

  constructor(clock: Clock) {
    this.#clock = clock
    this.#total = { bytes: TOTAL_BURST_BYTES, filledAt: clock.now() }
  }

  /** Whether a datagram of `bytes` from `source` may be looked at. */
  admit(source: string, bytes: number): boolean {
    const bucket = this.#bucketOf(source)
    this.#fill(bucket, SOURCE_BURST_BYTES, SOURCE_BYTES_PER_SECOND)
    this.#fill(this.#total, TOTAL_BURST_BYTES, TOTAL_BYTES_PER_SECOND)
    if (bucket.bytes < bytes || this.#total.bytes < bytes) return false
    bucket.bytes -= bytes
    this.#total.bytes -= bytes
    return true
  }

  #bucketOf(source: string): Bucket {
    const known = this.#sources.get(source)
    const bucket = known ?? { bytes: SOURCE_BURST_BYTES, filledAt: this.#clock.now() }
    // Insertion order is order of use, so the first key is the one to forget.
    if (known) this.#sources.delete(source)
    this.#sources.set(source, bucket)
    if (this.#sources.size > MAX_SOURCES) {
      for (const oldest of this.#sources.keys()) {
        this.#sources.delete(oldest)
        break
      }
    }
    return bucket
  }

  #fill(bucket: Bucket, burst: number, perSecond: number): void {
    const now = this.#clock.now()
    const gained = ((now - bucket.filledAt) * perSecond) / 1000
    bucket.bytes = Math.min(burst, bucket.bytes + gained)
    bucket.filledAt = now
  }
}
