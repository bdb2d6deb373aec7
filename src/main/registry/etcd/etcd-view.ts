import { messageOf } from '#shared/errors.ts'
import type { Logger } from '../../log/logger.ts'
import type { SeenDevice, StoreFollower, Vanishing } from '../shared-store.ts'
import type { DeviceKey, StoredDevice } from '../store.ts'
import type { EtcdClient, EtcdEntry, EtcdEvent } from './etcd-client.ts'
import type { EtcdKeys } from './etcd-keys.ts'
import type { EtcdRows, Row } from './etcd-rows.ts'
import type { LeaseBook } from './lease-book.ts'
import type { Membership } from './membership.ts'
import { readOfflineEntry } from './offline-entry.ts'
import type { OfflineMarks } from './offline-marks.ts'
import type { SeenNotes } from './seen-notes.ts'
import { splitRecord } from './record-text.ts'

/**
 * What goes with a record in the same transaction comes on another watch, a moment earlier or
 * later; a verdict on what has gone waits for it.
 */
const SETTLE_MS = 30
const RETRY_MS = 1000

export interface EtcdViewParts {
  readonly client: EtcdClient
  readonly keys: EtcdKeys
  readonly rows: EtcdRows
  readonly leases: LeaseBook
  readonly marks: OfflineMarks
  readonly members: Membership
  readonly seen: SeenNotes
  readonly logger: Logger
  readonly instanceId: string
  readonly follower: () => StoreFollower | undefined
  /** An offline entry stands beside a record that is newer. */
  readonly stale: (key: string, revision: number) => void
}

/** A record, or an offline entry, that is gone. */
interface Departed {
  readonly device: DeviceKey
  /** Undefined for an offline entry. */
  readonly record: { readonly lease: string | undefined; readonly revision: number } | undefined
}

/** Turns what etcd tells into what happened to devices, and keeps what was our own doing out of it. */
export class EtcdView {
  readonly #parts: EtcdViewParts
  readonly #departed = new Map<string, Departed>()
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(parts: EtcdViewParts) {
    this.#parts = parts
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  /** Looks at everything, and returns the revision of that look. */
  async takeIn(): Promise<number> {
    const { client, keys, rows, marks, members } = this.#parts
    const instances = new Map<string, Buffer>()
    const seen = new Set<string>()
    let revision: number | undefined
    for await (const page of client.range(keys.own, undefined)) {
      revision = page.revision
      for (const entry of page.entries) {
        seen.add(entry.key)
        if (this.#parts.seen.take(entry.key, entry.value)) continue
        const instance = keys.instanceOf(entry.key)
        if (instance === undefined) this.#tryPut(entry)
        else instances.set(instance, entry.value)
      }
    }
    members.replaceAll(instances)
    for await (const page of client.range(keys.records, revision)) {
      revision = page.revision
      for (const entry of page.entries) {
        seen.add(entry.key)
        this.#tryPut(entry)
      }
    }
    this.#parts.seen.forget()
    const at = revision ?? 0
    const gone = (key: string) => !seen.has(key)
    for (const { key } of [...rows.all()].filter((row) => gone(row.key))) this.#onDelete(key, at)
    for (const key of [...marks.keys()].filter(gone)) this.#onDelete(key, at)
    return at
  }

  event(event: EtcdEvent): void {
    if (event.kind === 'put') this.#onPut(event.entry)
    else this.#onDelete(event.key, event.revision)
  }

  /** No transaction of ours writes this row any more: what was told meanwhile is clear now. */
  settled(row: Row): void {
    const { held } = row
    row.held = undefined
    for (const event of held ?? []) this.event(event)
    this.#parts.rows.release(row)
  }

  /** One record that makes no sense must not keep the others out. */
  #tryPut(entry: EtcdEntry): void {
    try {
      this.#onPut(entry)
    } catch (error) {
      this.#parts.logger.warn('a key in etcd could not be understood', { key: entry.key, error })
    }
  }

  #onPut(entry: EtcdEntry): void {
    const { keys, members } = this.#parts
    const device = keys.deviceOfRecord(entry.key)
    if (device !== undefined) this.#onRecord(device, entry)
    else if (entry.key.startsWith(keys.own)) {
      const offline = keys.deviceOfOffline(entry.key)
      const instance = keys.instanceOf(entry.key)
      if (offline !== undefined) this.#onOffline(offline, entry)
      else if (instance !== undefined) members.heardOf(instance, entry.value)
    }
  }

  #onDelete(key: string, revision: number): void {
    const { keys, marks, members, rows } = this.#parts
    const instance = keys.instanceOf(key)
    const offline = keys.deviceOfOffline(key)
    if (instance !== undefined) members.heardOf(instance, undefined)
    else if (offline !== undefined) {
      if (marks.delete(key, revision)) this.#depart(offline, undefined)
    } else {
      const row = rows.get(key)
      const device = keys.deviceOfRecord(key)
      if (row === undefined || device === undefined) return
      if (row.writing > 0) {
        ;(row.held ??= []).push({ kind: 'delete', key, revision })
        return
      }
      if (revision > row.seen) {
        const record = { lease: row.lease?.id, revision: row.seen }
        rows.deleted(row, revision)
        this.#depart(device, record)
      }
      rows.release(row)
    }
  }

  #onRecord(device: DeviceKey, entry: EtcdEntry): void {
    const { keys, leases, logger, marks, rows, follower } = this.#parts
    const row = rows.of(entry.key)
    if (row.writing > 0) {
      ;(row.held ??= []).push({ kind: 'put', entry })
      return
    }
    if (entry.revision <= row.seen) return
    const record = splitRecord(entry.value.toString(), follower()?.documentOf(device))
    if (record === undefined) {
      logger.warn('a record in etcd is no JSON object; it is left alone', { key: entry.key })
      rows.release(row)
      return
    }
    const lease = entry.lease === '0' ? undefined : leases.adopt(entry.lease)
    if (lease !== undefined && lease !== row.lease) lease.devices += 1
    rows.put(row, entry.revision, lease)
    // After a gap one watch is ahead of the other: it was declared offline since, and is about to go.
    if (marks.revisionOf(keys.offline(device)) > entry.revision) return
    follower()?.found(onlineDevice(device, record, this.#parts.seen.of(entry.key)))
  }

  #onOffline(device: DeviceKey, entry: EtcdEntry): void {
    const { instanceId, keys, marks, members, rows, follower } = this.#parts
    const row = rows.get(keys.record(device))
    if (row !== undefined && row.writing > 0) {
      // Whether it is older or newer than what is being written is known in a moment.
      ;(row.held ??= []).push({ kind: 'put', entry })
      return
    }
    const read = readOfflineEntry(device, entry.value.toString())
    if (read === undefined) return
    const isNews = marks.put(entry.key, device, entry.revision, read.entry)
    if (row !== undefined && row.revision > entry.revision) {
      // It registered at the same moment, where nobody knew of this entry yet.
      if (members.owns(device)) this.#parts.stale(entry.key, entry.revision)
      return
    }
    if (!isNews) return
    if (read.entry.by === instanceId && !read.entry.announced) follower()?.claimed(device)
    else follower()?.found(read.device)
  }

  #depart(device: DeviceKey, record: Departed['record']): void {
    this.#departed.set(this.#parts.keys.record(device), { device, record })
    this.#schedule(SETTLE_MS)
  }

  #schedule(afterMs: number): void {
    if (this.#closed) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.#judgeDeparted()
    }, afterMs)
  }

  async #judgeDeparted(): Promise<void> {
    const { keys, logger, marks, members, rows, follower } = this.#parts
    const departed = [...this.#departed]
    this.#departed.clear()
    const leases = new Map<string, Promise<boolean>>()
    for (const [key, one] of departed) {
      const { device, record } = one
      // Only a registry that etcd knows of may say that a device is gone; this one is about to be.
      if (record !== undefined && !members.seated) {
        this.#departed.set(key, one)
        continue
      }
      try {
        const why = record === undefined ? undefined : await this.#why(record.lease, leases)
        if ((rows.get(key)?.revision ?? 0) > 0) continue
        // Somebody took the record away by saying that the device is offline.
        if (marks.revisionOf(keys.offline(device)) > (record?.revision ?? 0)) continue
        if (why === undefined) follower()?.gone(device)
        else follower()?.vanished(device, why)
      } catch (error) {
        logger.debug('it is not known yet why a record is gone', { why: messageOf(error) })
        if (!this.#departed.has(key)) this.#departed.set(key, one)
      }
    }
    if (this.#departed.size > 0) this.#schedule(RETRY_MS)
  }

  async #why(lease: string | undefined, asked: Map<string, Promise<boolean>>): Promise<Vanishing> {
    if (lease === undefined) return 'removed'
    let alive = asked.get(lease)
    if (alive === undefined) {
      alive = this.#parts.client.isLeaseAlive(lease)
      asked.set(lease, alive)
    }
    return (await alive) ? 'removed' : 'expired'
  }
}

function onlineDevice(
  device: DeviceKey,
  record: { readonly document: string; readonly status: string },
  seen: SeenDevice | undefined,
): StoredDevice {
  return {
    ...device,
    ...record,
    sinceEpochMs: seen?.sinceEpochMs ?? registeredAt(record.document),
    lastSeenEpochMs: seen?.lastSeenEpochMs ?? null,
    offlineAtEpochMs: null,
  }
}

const REGISTERED_AT = '"registered_at":"'

/** When it was registered is the best that a record tells about since when it is online. */
function registeredAt(document: string): number {
  // Registries write it last; and a guess is enough.
  const from = document.lastIndexOf(REGISTERED_AT) + REGISTERED_AT.length
  const epochMs = Date.parse(document.slice(from, document.indexOf('"', from)))
  return Number.isNaN(epochMs) ? 0 : epochMs
}
