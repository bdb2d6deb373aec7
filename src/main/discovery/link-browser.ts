import type { Packet } from 'dns-packet'
import type { Clock } from './clock.ts'
import { isEncodable, labelsOf } from './dns-names.ts'
import { LinkStore } from './link-store.ts'
import { MissingRecordsPlan } from './missing-records.ts'
import type { KnownAnswer, Query, Question } from './query-message.ts'
import { firstDelayMs, QuerySchedule } from './query-schedule.ts'
import type { CachedRecord } from './record-cache.ts'
import { isAddressRecord, readServiceRecords } from './service-records.ts'
import { ignoredOf, sightingsOf, type IgnoredInstance, type Sighting } from './sightings.ts'

/** What falls due within this time is asked together. */
const MIN_PASS_INTERVAL_MS = 100
/** The service is not asked for twice within this time (RFC 6762, section 5.2). */
const MIN_BROWSE_INTERVAL_MS = 1000
/** Instances that are asked directly in one pass; the others wait for the next. */
const MAX_ASKED_PER_PASS = 128

export interface LinkBrowserOptions {
  /** Folded service type, such as `_device-connect._tcp.local`. */
  readonly service: string
  readonly interfaceName: string
  readonly clock: Clock
  /** From 0 up to 1. */
  readonly random: () => number
  /** Puts a query on the link. */
  readonly send: (query: Query) => void
  /** Sightings may have changed. */
  readonly onChange: () => void
}

/**
 * A continuous browser for one service on one link, after RFC 6762: asks by schedule, takes in
 * what anybody answers, keeps it for its lifetime, asks again before that ends, and asks directly
 * for records that are missing. Decoded packets in, queries and sightings out; it opens nothing.
 */
export class LinkBrowser {
  readonly #options: LinkBrowserOptions
  readonly #serviceLabels: readonly string[]
  readonly #store: LinkStore
  readonly #missing: MissingRecordsPlan
  readonly #schedule = new QuerySchedule()
  #browseWanted = false
  #browsedAt = Number.NEGATIVE_INFINITY
  #passedAt = Number.NEGATIVE_INFINITY
  #timer: { readonly at: number; readonly cancel: () => void } | null = null
  #closed = false

  constructor(options: LinkBrowserOptions) {
    this.#options = options
    this.#serviceLabels = labelsOf(options.service)
    this.#store = new LinkStore(options.clock, options.random)
    this.#missing = new MissingRecordsPlan(this.#store, options.random)
  }

  /** Begins to ask, the first time after 20 to 120 ms. */
  start(): void {
    this.#schedule.begin(this.#now + firstDelayMs(this.#options.random))
    this.#setTimer()
  }

  /** Asks at once, and lets go after 10 s what no longer answers. */
  refresh(): void {
    this.#store.reconfirmAll()
    this.#schedule.begin(this.#now)
    this.#setTimer()
  }

  /** The link may be another one now (new address, wake-up): as `refresh`, with a random delay. */
  restart(): void {
    this.#store.reconfirmAll()
    this.start()
  }

  /** An instance did not answer where it said it would: lets it go unless it speaks up. */
  reconfirm(instance: string): void {
    this.#store.reconfirm(instance)
    this.#setTimer()
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    this.#timer = null
  }

  /** Takes in a decoded response. */
  receive(packet: Packet): void {
    let changed = false
    for (const record of readServiceRecords(packet, this.#options.service)) {
      const taken = this.#store.take(record)
      if (taken === 'unseen') continue
      changed = true
      if (taken.instance) this.#missing.note(taken.instance, this.#now)
    }
    if (!changed) return
    this.#setTimer()
    this.#options.onChange()
  }

  sightings(): Sighting[] {
    return sightingsOf(this.#store, this.#options.interfaceName)
  }

  ignored(): IgnoredInstance[] {
    return ignoredOf(this.#store, this.#options.interfaceName)
  }

  /** Records that were not taken in for want of room. */
  get turnedAway(): number {
    return this.#store.turnedAway
  }

  get #now(): number {
    return this.#options.clock.now()
  }

  /** Everything that time brings: expiry, questions that are due, the next timer. */
  #pass(): void {
    this.#passedAt = this.#now
    const { changed, due } = this.#store.advance()
    if (this.#schedule.take(this.#now)) this.#browseWanted = true
    const questions = [...this.#refreshQuestions(due), ...this.#missingQuestions()]
    if (this.#browseWanted && this.#now >= this.#browsedAt + MIN_BROWSE_INTERVAL_MS) this.#browse()
    if (questions.length > 0) this.#options.send({ questions, knownAnswers: [] })
    this.#setTimer()
    if (changed) this.#options.onChange()
  }

  #browse(): void {
    this.#browseWanted = false
    this.#browsedAt = this.#now
    const questions: Question[] = [{ labels: this.#serviceLabels, type: 'PTR' }]
    this.#options.send({ questions, knownAnswers: this.#knownAnswers() })
  }

  /** Pointers with more than half of their life left (RFC 6762, section 7.1). */
  #knownAnswers(): KnownAnswer[] {
    const answers: KnownAnswer[] = []
    for (const { key, label } of this.#store.instances()) {
      const pointer = this.#store.pointerOf(key)
      if (!pointer || pointer.doubted || !isEncodable([label])) continue
      const remainingMs = pointer.expiresAt - this.#now
      if (remainingMs <= pointer.record.ttlMs / 2) continue
      answers.push({ label, ttlSeconds: Math.floor(remainingMs / 1000) })
    }
    return answers
  }

  /** Questions for records whose life ends, where the record still matters. */
  #refreshQuestions(due: readonly CachedRecord[]): Question[] {
    const questions: Question[] = []
    const usedHosts = due.length > 0 ? this.#store.usedHosts() : new Set<string>()
    for (const { record } of due) {
      if (record.type === 'PTR') this.#browseWanted = true
      else if (isAddressRecord(record)) {
        if (usedHosts.has(record.name)) questions.push(...this.#ofHost(record.name, record.type))
      } else if (this.#store.pointerOf(record.name)) {
        questions.push(...this.#ofInstance(record.label, record.type))
      }
    }
    return questions
  }

  /** Questions for records that never came. */
  #missingQuestions(): Question[] {
    return this.#missing.take(this.#now, MAX_ASKED_PER_PASS).flatMap(({ instance, what }) => {
      if (what === 'PTR') this.#browseWanted = true
      const host = this.#store.serverOf(instance.key)?.target ?? ''
      return [
        ...(what.includes('SRV') ? this.#ofInstance(instance.label, 'SRV') : []),
        ...(what.includes('TXT') ? this.#ofInstance(instance.label, 'TXT') : []),
        ...(what.includes('AAAA')
          ? [...this.#ofHost(host, 'A'), ...this.#ofHost(host, 'AAAA')]
          : []),
      ]
    })
  }

  #ofInstance(label: string, type: 'SRV' | 'TXT'): Question[] {
    const labels = [label, ...this.#serviceLabels]
    return isEncodable(labels) ? [{ labels, type }] : []
  }

  #ofHost(host: string, type: 'A' | 'AAAA'): Question[] {
    const labels = labelsOf(host)
    return labels.length > 0 && isEncodable(labels) ? [{ labels, type }] : []
  }

  #setTimer(): void {
    const at = Math.max(this.#nextAt(), this.#passedAt + MIN_PASS_INTERVAL_MS)
    if (this.#closed || at === this.#timer?.at) return
    this.#timer?.cancel()
    this.#timer = null
    if (at === Number.POSITIVE_INFINITY) return
    const cancel = this.#options.clock.setTimer(at - this.#now, () => {
      this.#timer = null
      this.#pass()
    })
    this.#timer = { at, cancel }
  }

  #nextAt(): number {
    const browseAt = this.#browseWanted
      ? this.#browsedAt + MIN_BROWSE_INTERVAL_MS
      : Number.POSITIVE_INFINITY
    return Math.min(browseAt, this.#store.nextDueAt, this.#schedule.nextAt, this.#missing.nextAt)
  }
}
