import type { Clock } from './clock.ts'
import { RecordCache, type CachedRecord } from './record-cache.ts'
import {
  isAddressRecord,
  type AddressRecord,
  type ServerRecord,
  type ServiceRecord,
  type TextRecord,
} from './service-records.ts'

/** Devices on one link; a site has up to 500 that wait. */
const MAX_INSTANCES = 1024
/** Hosts with addresses on one link; those that no device refers to make room first. */
const MAX_HOSTS = 2048
/** An instance that has not told all by then may go when there is no room for another. */
const INCOMPLETE_MAY_GO_AFTER_MS = 2000

/** A service instance that was heard of on a link. */
export interface Instance {
  /** Folded full name. */
  readonly key: string
  /** Its own label as the device writes it. */
  readonly label: string
  readonly firstSeenAt: number
  lastSeenAt: number
}

/** What a record did: `unseen` records changed nothing. */
export type Taken = { readonly instance: Instance | null } | 'unseen'

/**
 * What was heard on one link: the record cache with the meaning that DNS-SD gives its records,
 * and with limits, so that a hostile neighbour can fill neither memory nor the list.
 */
export class LinkStore {
  readonly #clock: Clock
  readonly #cache: RecordCache
  readonly #instances = new Map<string, Instance & { readonly heardAt: number }>()
  readonly #hosts = new Set<string>()
  #turnedAway = 0

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock
    this.#cache = new RecordCache(random)
  }

  /** Takes a record in, if there is room for what it belongs to. */
  take(record: ServiceRecord): Taken {
    const now = this.#clock.now()
    if (isAddressRecord(record)) {
      if (!this.#admitHost(record) || this.#cache.put(record, now) === 'none') return 'unseen'
      return { instance: null }
    }
    const instance = this.#admitInstance(record)
    if (!instance || this.#cache.put(record, now) === 'none') return 'unseen'
    instance.lastSeenAt = this.#clock.wallNow()
    return { instance }
  }

  instances(): Iterable<Instance> {
    return this.#instances.values()
  }

  pointerOf(key: string): CachedRecord | undefined {
    return this.#cache.get('PTR', key).at(-1)
  }

  serverOf(key: string): ServerRecord | undefined {
    return this.#cache.get('SRV', key).at(-1)?.record
  }

  textOf(key: string): TextRecord | undefined {
    return this.#cache.get('TXT', key).at(-1)?.record
  }

  /** Addresses of a folded host name, IPv4 first. */
  addressesOf(host: string): string[] {
    const records: readonly CachedRecord<AddressRecord>[] = [
      ...this.#cache.get('A', host),
      ...this.#cache.get('AAAA', host),
    ]
    return records.map((cached) => cached.record.address)
  }

  /** The hosts that some instance refers to. */
  usedHosts(): Set<string> {
    const used = new Set<string>()
    for (const { key } of this.#instances.values()) {
      for (const server of this.#cache.get('SRV', key)) used.add(server.record.target)
    }
    return used
  }

  /** The types of records that an instance should have and has not; `''` if it has told all. */
  missingOf(key: string): '' | 'PTR' | 'SRV' | 'TXT' | 'SRV TXT' | 'A AAAA' | 'TXT A AAAA' {
    if (!this.pointerOf(key)) return 'PTR'
    const server = this.serverOf(key)
    const lacksText = !this.textOf(key)
    if (!server) return lacksText ? 'SRV TXT' : 'SRV'
    if (this.addressesOf(server.target).length > 0) return lacksText ? 'TXT' : ''
    return lacksText ? 'TXT A AAAA' : 'A AAAA'
  }

  /** Lets an instance go in 10 s unless it is confirmed. */
  reconfirm(key: string): void {
    const pointer = this.pointerOf(key)
    if (pointer) this.#cache.reconfirm(pointer, this.#clock.now())
  }

  reconfirmAll(): void {
    for (const key of this.#instances.keys()) this.reconfirm(key)
  }

  /** Lets expired records go; tells whether any did, and which to ask for again now. */
  advance(): { readonly changed: boolean; readonly due: readonly CachedRecord[] } {
    const { expired, due } = this.#cache.advance(this.#clock.now())
    for (const { record } of expired) this.#afterExpiry(record)
    return { changed: expired.length > 0, due }
  }

  /** When `advance` has something to do. */
  get nextDueAt(): number {
    return this.#cache.nextDueAt
  }

  /** Records that were not taken in for want of room. */
  get turnedAway(): number {
    return this.#turnedAway
  }

  #admitInstance(record: Exclude<ServiceRecord, AddressRecord>): Instance | undefined {
    const key = record.type === 'PTR' ? record.instance : record.name
    const known = this.#instances.get(key)
    if (known || record.ttlMs === 0) return known
    if (this.#instances.size >= MAX_INSTANCES && !this.#dropIncomplete()) {
      this.#turnedAway++
      return undefined
    }
    const wallNow = this.#clock.wallNow()
    const times = { firstSeenAt: wallNow, lastSeenAt: wallNow, heardAt: this.#clock.now() }
    const instance = { key, label: record.label, ...times }
    this.#instances.set(key, instance)
    return instance
  }

  #admitHost(record: AddressRecord): boolean {
    if (this.#hosts.has(record.name)) return true
    if (record.ttlMs === 0) return false
    if (this.#hosts.size >= MAX_HOSTS) this.#dropUnusedHosts()
    if (this.#hosts.size >= MAX_HOSTS) {
      this.#turnedAway++
      return false
    }
    this.#hosts.add(record.name)
    return true
  }

  /** Makes room: the oldest instance that never told all about itself goes. */
  #dropIncomplete(): boolean {
    const before = this.#clock.now() - INCOMPLETE_MAY_GO_AFTER_MS
    for (const { key, heardAt } of this.#instances.values()) {
      if (heardAt > before) return false
      if (this.missingOf(key) === '') continue
      this.#drop(key)
      return true
    }
    return false
  }

  #dropUnusedHosts(): void {
    const used = this.usedHosts()
    for (const host of this.#hosts) {
      if (used.has(host)) continue
      this.#cache.forget(['A', 'AAAA'], host)
      this.#hosts.delete(host)
    }
  }

  #drop(key: string): void {
    this.#cache.forget(['PTR', 'SRV', 'TXT'], key)
    this.#instances.delete(key)
  }

  #afterExpiry(record: ServiceRecord): void {
    if (isAddressRecord(record)) {
      if (this.addressesOf(record.name).length === 0) this.#hosts.delete(record.name)
      return
    }
    // Without its pointer the service is gone; what else it said goes with it.
    if (record.type === 'PTR') return this.#drop(record.instance)
    // It no longer answers for a record of its own, so the device itself may be gone.
    if (this.#cache.get(record.type, record.name).length === 0) this.reconfirm(record.name)
    const left = [this.pointerOf(record.name), this.serverOf(record.name), this.textOf(record.name)]
    if (left.every((one) => one === undefined)) this.#instances.delete(record.name)
  }
}
