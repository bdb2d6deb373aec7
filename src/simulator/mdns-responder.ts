import type { RemoteInfo } from 'node:dgram'
import makeMdns from 'multicast-dns'
import type { MulticastDNS } from 'multicast-dns'
import type { Answer, Question } from 'dns-packet'
import { messageOf } from '#shared/errors.ts'
import { systemClock, type Clock } from './clock.ts'
import { packed, type IncomingQuery, type OutgoingResponse } from './mdns-packets.ts'
import {
  isAskedFor,
  isKnown,
  recordsOf,
  sameName,
  toAnswer,
  type AdvertisedService,
  type OwnRecord,
  type ServiceRecords,
} from './mdns-records.ts'

const MDNS_PORT = 5353

/** RFC 6762, 8.3: announced at least twice, one second apart. */
const ANNOUNCE_AGAIN_MS = 1_000
/** RFC 6762, 6: shared records wait 20 to 120 ms, so that many responders do not collide. */
const SHARED_DELAY_MS = { least: 20, spread: 100 }
/** RFC 6762, 7.2: after a truncated query, more known answers may follow. */
const TRUNCATED_DELAY_MS = { least: 400, spread: 100 }
/** RFC 6762, 6: a record is multicast at most once a second. */
const MULTICAST_INTERVAL_MS = 1_000
/** RFC 6762, 6.7: what a plain DNS resolver is told lives no longer than this. */
const LEGACY_TTL_SECONDS = 10
/** Class IN with the top bit set, "answer to me alone", as dns-packet names it. */
const UNICAST_WANTED_CLASS = 'UNKNOWN_32769'

export interface MdnsResponderOptions {
  /** Local IPv4 address of the interface; loopback unless told. */
  readonly interfaceAddress?: string
  readonly port?: number
  readonly clock?: Clock
  /** In [0, 1): spreads answers in time. */
  readonly random?: () => number
  /** Told about packets that can't be read or sent. */
  readonly onWarning?: (message: string) => void
}

/** A query whose answer waits for its moment. */
interface PendingAnswer {
  readonly receivedAt: number
  /** `ADDRESS:PORT` of the asker, whose known answers may still come. */
  readonly asker: string
  readonly records: Set<OwnRecord>
}

/**
 * One mDNS responder (RFC 6762) for any number of services (RFC 6763) on one interface. It does not
 * probe: device ids are unique by contract, and a second device of the same id must be seen.
 */
export class MdnsResponder {
  readonly #mdns: MulticastDNS
  readonly #clock: Clock
  readonly #random: () => number
  readonly #port: number
  readonly #hostSuffix: string
  readonly #onWarning: (message: string) => void
  readonly #services = new Set<ServiceRecords>()
  /** Services share the records of their host and type; one object each, however many they are. */
  readonly #sharedRecords = new Map<string, OwnRecord>()
  readonly #lastMulticast = new Map<OwnRecord, number>()
  readonly #pending = new Set<PendingAnswer>()
  readonly #toAnnounce = new Set<ServiceRecords>()
  readonly #timers = new Set<() => void>()
  #closed = false

  constructor(mdns: MulticastDNS, options: MdnsResponderOptions) {
    this.#mdns = mdns
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
    this.#port = options.port ?? MDNS_PORT
    this.#onWarning = options.onWarning ?? (() => undefined)
    this.#hostSuffix = Math.floor(this.#random() * 0xffffff).toString(16)
    mdns.on('query', (query: IncomingQuery, from: RemoteInfo) => this.#onQuery(query, from))
    mdns.on('warning', (error) => this.#onWarning(messageOf(error)))
    mdns.on('error', (error) => this.#onWarning(messageOf(error)))
  }

  /**
   * Advertises a service: announces it now and again after a second, and answers for it until the
   * returned function withdraws it with a goodbye.
   */
  advertise(service: AdvertisedService): () => Promise<void> {
    const own = recordsOf(service, this.#hostNameOf(service.address))
    const records: ServiceRecords = {
      ...own,
      typePointer: this.#shared(own.typePointer),
      address: this.#shared(own.address),
      noOtherOfHost: this.#shared(own.noOtherOfHost),
    }
    this.#services.add(records)
    this.#announce(records)
    this.#later(ANNOUNCE_AGAIN_MS, () => this.#announce(records))
    return () => this.#withdraw([records])
  }

  /** Says goodbye for every service and closes the socket. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#closed) return
    await this.#withdraw([...this.#services])
    this.#closed = true
    for (const cancel of this.#timers) cancel()
    await new Promise<void>((resolve) => this.#mdns.destroy(resolve))
  }

  #hostNameOf(address: string): string {
    return `simulator-${this.#hostSuffix}-${address.replaceAll('.', '-')}.local`
  }

  #shared(record: OwnRecord): OwnRecord {
    const key = `${record.type} ${record.name} ${JSON.stringify(record.data)}`
    const known = this.#sharedRecords.get(key) ?? record
    this.#sharedRecords.set(key, known)
    return known
  }

  /** Gathers what is announced in one turn, so that a hundred devices share a few packets. */
  #announce(records: ServiceRecords): void {
    if (!this.#services.has(records)) return
    if (this.#toAnnounce.size === 0) {
      this.#later(0, () => {
        const services = [...this.#toAnnounce].filter((it) => this.#services.has(it))
        this.#toAnnounce.clear()
        const records = services.flatMap((it) => [it.pointer, it.service, it.text, it.address])
        void this.#multicast([...new Set(records)], [])
      })
    }
    this.#toAnnounce.add(records)
  }

  async #withdraw(services: readonly ServiceRecords[]): Promise<void> {
    const gone = services.filter((it) => this.#services.delete(it))
    const records = gone.flatMap((it) => [it.pointer, it.service, it.text])
    // The host stays: other services may live on it, and its record is of no use without one.
    for (const packet of packed(records, [], 0)) await this.#send(packet)
    for (const record of records) this.#lastMulticast.delete(record)
  }

  #onQuery(query: IncomingQuery, from: RemoteInfo): void {
    const asker = `${from.address}:${from.port}`
    if (query.questions.length === 0) {
      // The rest of a truncated query: known answers only (RFC 6762, 7.2).
      for (const pending of this.#pending) {
        if (pending.asker === asker) removeKnown(pending.records, query.answers)
      }
      return
    }
    if (from.port !== this.#port) {
      this.#answerLegacy(query, from)
      return
    }
    const forAll = new Set<OwnRecord>()
    const forAsker = new Set<OwnRecord>()
    for (const question of query.questions) {
      const unicast = (question.class as string | undefined) === UNICAST_WANTED_CLASS
      for (const record of this.#matching(question)) {
        ;(unicast && this.#isFresh(record) ? forAsker : forAll).add(record)
      }
    }
    removeKnown(forAll, query.answers)
    removeKnown(forAsker, query.answers)
    this.#unicast(forAsker, from)
    const truncated = query.flag_tc === true
    this.#schedule(forAll, asker, truncated)
  }

  #matching(question: Question): OwnRecord[] {
    const services = [...this.#services]
    const found = services
      .flatMap((it) => [it.pointer, it.typePointer, it.service, it.text, it.address])
      .filter((record) => isAskedFor(record, question))
    if (found.length > 0) return [...new Set(found)]
    const denial = services
      .flatMap((it) => [it.noOtherOfInstance, it.noOtherOfHost])
      .find((record) => sameName(record.name, question.name))
    return denial === undefined ? [] : [denial]
  }

  /** Multicast lately enough that the whole link knows it (RFC 6762, 5.4). */
  #isFresh(record: OwnRecord): boolean {
    const last = this.#lastMulticast.get(record)
    return last !== undefined && this.#clock.now() - last < (record.ttlSeconds * 1000) / 4
  }

  #schedule(records: Set<OwnRecord>, asker: string, truncated: boolean): void {
    if (records.size === 0) return
    const now = this.#clock.now()
    const shared = [...records].some((record) => record.isShared)
    const { least, spread } = truncated
      ? TRUNCATED_DELAY_MS
      : shared
        ? SHARED_DELAY_MS
        : { least: 0, spread: 0 }
    const delayMs = least + spread * this.#random()
    // What was just multicast has to wait for its second.
    const waits = new Map<number, Set<OwnRecord>>()
    for (const record of records) {
      const last = this.#lastMulticast.get(record) ?? Number.NEGATIVE_INFINITY
      const dueIn = Math.max(delayMs, last + MULTICAST_INTERVAL_MS - now)
      waits.set(dueIn, (waits.get(dueIn) ?? new Set()).add(record))
    }
    for (const [dueIn, group] of waits) {
      const pending: PendingAnswer = { receivedAt: now, asker, records: group }
      this.#pending.add(pending)
      this.#later(dueIn, () => this.#answer(pending))
    }
  }

  #answer(pending: PendingAnswer): void {
    this.#pending.delete(pending)
    const alive = new Set([...this.#services].flatMap((it) => Object.values(it) as OwnRecord[]))
    // Multicast meanwhile, for somebody else: the asker heard it too.
    const records = [...pending.records].filter(
      (record) => alive.has(record) && (this.#lastMulticast.get(record) ?? 0) <= pending.receivedAt,
    )
    void this.#multicast(records, this.#additionalsOf(records))
  }

  /** What the asker will want to know next (RFC 6763, 12.1). */
  #additionalsOf(records: readonly OwnRecord[]): OwnRecord[] {
    const answered = new Set(records)
    const additionals = new Set<OwnRecord>()
    for (const it of this.#services) {
      const wanted = answered.has(it.pointer)
        ? [it.service, it.text, it.address]
        : answered.has(it.service)
          ? [it.address]
          : []
      for (const record of wanted) if (!answered.has(record)) additionals.add(record)
    }
    return [...additionals]
  }

  async #multicast(
    records: readonly OwnRecord[],
    additionals: readonly OwnRecord[],
  ): Promise<void> {
    const now = this.#clock.now()
    for (const record of [...records, ...additionals]) this.#lastMulticast.set(record, now)
    for (const packet of packed(records, additionals)) await this.#send(packet)
  }

  #unicast(records: ReadonlySet<OwnRecord>, to: RemoteInfo): void {
    const answers = [...records]
    for (const packet of packed(answers, this.#additionalsOf(answers))) void this.#send(packet, to)
  }

  /** A plain DNS resolver gets one plain DNS answer: its id, its question, short lives. */
  #answerLegacy(query: IncomingQuery, to: RemoteInfo): void {
    const records = [...new Set(query.questions.flatMap((question) => this.#matching(question)))]
    if (records.length === 0) return
    const plain = (record: OwnRecord): Answer =>
      toAnswer({ ...record, isShared: true }, Math.min(record.ttlSeconds, LEGACY_TTL_SECONDS))
    const [first] = packed(records, this.#additionalsOf(records), undefined, plain)
    if (first === undefined) return
    void this.#send({ ...first, id: query.id, questions: query.questions }, to)
  }

  #send(packet: OutgoingResponse, to?: RemoteInfo): Promise<void> {
    if (this.#closed) return Promise.resolve()
    return new Promise((resolve) => {
      const sent = (error: Error | null | undefined) => {
        if (error) this.#onWarning(error.message)
        resolve()
      }
      try {
        if (to === undefined) this.#mdns.respond(packet, sent)
        else this.#mdns.respond(packet, { address: to.address, port: to.port }, sent)
      } catch (error) {
        // What the encoder can't express, or a source port of 0.
        sent(error as Error)
      }
    })
  }

  #later(delayMs: number, task: () => void): void {
    const cancel = this.#clock.after(delayMs, () => {
      this.#timers.delete(cancel)
      task()
    })
    this.#timers.add(cancel)
  }
}

/**
 * Opens a responder on one interface.
 * @throws the system's error where the port can't be bound.
 */
export function openMdnsResponder(options: MdnsResponderOptions = {}): Promise<MdnsResponder> {
  const mdns = makeMdns({
    interface: options.interfaceAddress ?? '127.0.0.1',
    // Multicast reaches a socket that is bound to the group or to any address, not to the
    // interface's own.
    bind: '0.0.0.0',
    port: options.port ?? MDNS_PORT,
  })
  return new Promise((resolve, reject) => {
    mdns.once('error', reject)
    mdns.once('ready', () => {
      mdns.removeListener('error', reject)
      resolve(new MdnsResponder(mdns, options))
    })
  })
}

function removeKnown(records: Set<OwnRecord>, known: readonly Answer[]): void {
  for (const record of records) if (isKnown(record, known)) records.delete(record)
}
