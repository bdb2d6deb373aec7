import type { RecordOfType, ServiceRecord, ServiceRecordType } from './service-records.ts'

/** A record that said goodbye or was superseded is kept this long (RFC 6762, 10.1 and 10.2). */
const GRACE_MS = 1000
/** Records of one name and type that are younger than this survive a cache flush (10.2). */
const FLUSH_SPARES_MS = 1000
/** A record is asked for again at these parts of its lifetime, plus up to 2 % (5.2). */
const REFRESH_AT = [0.8, 0.85, 0.9, 0.95]
const REFRESH_JITTER = 0.02
/** A record under suspicion is asked for at these times and gone after `RECONFIRM_MS` (10.4). */
const RECONFIRM_AT_MS = [0, 1000, 3000, 6000]
const RECONFIRM_MS = 10_000
/** A name needs few records of a type; more are somebody's attempt to fill the memory. */
const MAX_PER_NAME = 8

export interface CachedRecord<Kind extends ServiceRecord = ServiceRecord> {
  readonly record: Kind
  readonly receivedAt: number
  expiresAt: number
  /** Times at which to ask for it again, in order. */
  refreshTimes: number[]
  /** It may be gone: don't tell responders that it is known. */
  doubted: boolean
}

/** What a record did to the cache. */
export type CacheEffect = 'added' | 'refreshed' | 'leaving' | 'none'

/**
 * The records that were heard on one interface, with their lifetimes (RFC 6762, sections 5.2 and
 * 10). It knows nothing of devices and sets no timers: `advance` is called with the time.
 */
export class RecordCache {
  readonly #random: () => number
  readonly #records = new Map<string, CachedRecord[]>()
  #nextDueAt = Number.POSITIVE_INFINITY

  constructor(random: () => number) {
    this.#random = random
  }

  /** Takes a record in, or lets go what it voids. */
  put(record: ServiceRecord, now: number): CacheEffect {
    const key = keyOf(record.type, record.type === 'PTR' ? record.instance : record.name)
    const siblings = this.#records.get(key) ?? []
    const at = siblings.findIndex((cached) => cached.record.identity === record.identity)
    const known = siblings[at]
    if (record.ttlMs === 0) {
      if (!known) return 'none'
      this.#limit(known, now + GRACE_MS, [])
      return 'leaving'
    }
    if (record.flush) this.#flush(siblings, known, now)
    const fresh = this.#cached(record, now)
    // The newest stands last, so that a name with too many loses its oldest.
    if (known) siblings.splice(at, 1)
    siblings.push(fresh)
    if (siblings.length > MAX_PER_NAME) siblings.shift()
    this.#records.set(key, siblings)
    this.#schedule(fresh)
    return known ? 'refreshed' : 'added'
  }

  /**
   * The records of a name, the newest last. Pointers are found by the instance that they name,
   * since all of them have the service type as their owner.
   */
  get<Type extends ServiceRecordType>(
    type: Type,
    name: string,
  ): readonly CachedRecord<RecordOfType[Type]>[] {
    // A key holds records of its own type only; the map's type cannot say so.
    return (this.#records.get(keyOf(type, name)) ?? []) as CachedRecord<RecordOfType[Type]>[]
  }

  /** Asks for a record again soon and lets it go unless it is confirmed (RFC 6762, 10.4). */
  reconfirm(cached: CachedRecord, now: number): void {
    if (cached.doubted || cached.expiresAt <= now + RECONFIRM_MS) return
    cached.doubted = true
    this.#limit(
      cached,
      now + RECONFIRM_MS,
      RECONFIRM_AT_MS.map((delay) => now + delay),
    )
  }

  /** Removes all records of a name. */
  forget(types: readonly ServiceRecordType[], name: string): void {
    for (const type of types) this.#records.delete(keyOf(type, name))
  }

  /**
   * Removes what has outlived its time and tells what to ask for again now; a record is due once
   * for each of its times.
   */
  advance(now: number): { readonly expired: CachedRecord[]; readonly due: CachedRecord[] } {
    const expired: CachedRecord[] = []
    const due: CachedRecord[] = []
    if (this.#nextDueAt > now) return { expired, due }
    this.#nextDueAt = Number.POSITIVE_INFINITY
    for (const [key, siblings] of this.#records) {
      const kept = siblings.filter((cached) => cached.expiresAt > now)
      for (const cached of kept) {
        if (takeDue(cached, now)) due.push(cached)
        this.#schedule(cached)
      }
      if (kept.length === siblings.length) continue
      expired.push(...siblings.filter((cached) => cached.expiresAt <= now))
      if (kept.length > 0) this.#records.set(key, kept)
      else this.#records.delete(key)
    }
    return { expired, due }
  }

  /** When `advance` has something to do again; may be early, never late. */
  get nextDueAt(): number {
    return this.#nextDueAt
  }

  #flush(siblings: readonly CachedRecord[], known: CachedRecord | undefined, now: number): void {
    for (const cached of siblings) {
      if (cached === known || cached.receivedAt > now - FLUSH_SPARES_MS) continue
      this.#limit(cached, now + GRACE_MS, [])
    }
  }

  #cached(record: ServiceRecord, now: number): CachedRecord {
    const jitter = this.#random() * REFRESH_JITTER
    return {
      record,
      receivedAt: now,
      expiresAt: now + record.ttlMs,
      refreshTimes: REFRESH_AT.map((part) => now + record.ttlMs * (part + jitter)),
      doubted: false,
    }
  }

  #limit(cached: CachedRecord, expiresAt: number, refreshTimes: number[]): void {
    cached.expiresAt = Math.min(cached.expiresAt, expiresAt)
    cached.refreshTimes = refreshTimes
    this.#schedule(cached)
  }

  #schedule(cached: CachedRecord): void {
    this.#nextDueAt = Math.min(
      this.#nextDueAt,
      cached.expiresAt,
      ...cached.refreshTimes.slice(0, 1),
    )
  }
}

function takeDue(cached: CachedRecord, now: number): boolean {
  const waiting = cached.refreshTimes.filter((time) => time > now)
  const isDue = waiting.length < cached.refreshTimes.length
  cached.refreshTimes = waiting
  return isDue
}

function keyOf(type: ServiceRecordType, name: string): string {
  return `${type} ${name}`
}
