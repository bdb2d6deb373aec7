import type { Logger } from '../../log/logger.ts'
import type { OfflineClaim } from '../shared-store.ts'
import type { DeviceKey, StoreChange, StoredDevice } from '../store.ts'
import type { EtcdClient, EtcdStep, EtcdWrite } from './etcd-client.ts'
import { etcdError } from './etcd-errors.ts'
import { hasKey, type EtcdKeys } from './etcd-keys.ts'
import type { EtcdRows, Row } from './etcd-rows.ts'
import type { LeaseBook, SharedLease } from './lease-book.ts'
import { announcedText, claimText } from './offline-entry.ts'
import type { OfflineMarks } from './offline-marks.ts'

/** etcd takes 128 operations in a transaction, those of guarded steps inside it counted on top. */
const MAX_OPERATIONS = 120
/** etcd takes requests of 1.5 MiB. */
const MAX_BYTES = 1024 * 1024
const NO_LEASE = '0'
/** A lease may go between the look at it and its use. */
const MAX_TRIES = 3

export interface EtcdWriterParts {
  readonly client: EtcdClient
  readonly keys: EtcdKeys
  readonly rows: EtcdRows
  readonly leases: LeaseBook
  readonly marks: OfflineMarks
  readonly logger: Logger
  readonly instanceId: string
  /** No transaction writes this row any more. */
  readonly settled: (row: Row) => void
}

/** One device's part in a transaction. */
interface Part {
  readonly step: EtcdStep
  readonly bytes: number
  readonly row: Row | undefined
  /** The record's lease from now on. */
  readonly lease: SharedLease | undefined
  /** It was done at this revision. */
  readonly apply: (revision: number) => void
}

/** Writes devices to etcd, many in a transaction, each guarded where another may write it. */
export class EtcdWriter {
  readonly #parts: EtcdWriterParts

  constructor(parts: EtcdWriterParts) {
    this.#parts = parts
  }

  /**
   * A registration is put whatever stands there; a status only where the record is the one that we
   * know, since another registry may have registered the device anew.
   * @returns those that met something else
   */
  async write(changes: readonly StoreChange[]): Promise<readonly StoreChange[]> {
    const storable = changes.filter(isStorable)
    const records = recordsOf(storable)
    const things = storable.map((change, index) => ({ change, record: records[index] ?? NONE }))
    const done = await this.#transact(things, ({ change, record }) => this.#partFor(change, record))
    return storable.filter((_, index) => done[index] === false)
  }

  /** Takes the records away, each where it is still the one that we know; short entries come instead. */
  async claim(claims: readonly OfflineClaim[]): Promise<readonly boolean[]> {
    return this.#transact(claims, async (claim) => this.#claimOf(claim))
  }

  /** Replaces the short entries by whole ones, each where it is still there. */
  async markAnnounced(devices: readonly StoredDevice[]): Promise<void> {
    await this.#transact(devices, async (device) => this.#noteOf(device))
  }

  /** Takes an offline entry away that a registration met and did not know of. */
  async removeStale(key: string, revision: number): Promise<void> {
    const { client, marks } = this.#parts
    const step = { guards: [{ key, revision }], writes: [{ kind: 'delete', key } as const] }
    const { done, revision: at } = await client.commit([step])
    if (done[0] === true) marks.delete(key, at)
  }

  async #partFor(change: StoreChange, value: Buffer): Promise<Part> {
    const { keys, rows, marks } = this.#parts
    const { device } = change
    const offlineKey = keys.offline(device)
    const noEntry: EtcdWrite = { kind: 'delete', key: offlineKey }
    if (change.kind === 'remove') {
      const apply = (revision: number) => void marks.delete(offlineKey, revision)
      return {
        step: { guards: [], writes: [noEntry] },
        bytes: 0,
        row: undefined,
        lease: undefined,
        apply,
      }
    }
    const key = keys.record(device)
    const lease = await this.#leaseFor(rows.get(key), change.device)
    // Not before: while a lease is granted, what the watch tells may replace it.
    const row = rows.of(key)
    const put: EtcdWrite = { kind: 'put', key: row.key, value, lease: lease.id }
    const guards = change.kind === 'put' ? [] : [{ key: row.key, revision: row.revision }]
    // A record that is gone comes back only where nobody has said meanwhile that the device is offline.
    if (guards.length > 0 && row.revision === 0) {
      guards.push({ key: offlineKey, revision: marks.revisionOf(offlineKey) })
    }
    const wasOffline = change.kind === 'put' && marks.revisionOf(offlineKey) > 0
    const writes = wasOffline ? [put, noEntry] : [put]
    const apply = (revision: number) => {
      marks.delete(offlineKey, revision)
      rows.put(row, revision, lease)
    }
    return { step: { guards, writes }, bytes: value.length, row, lease, apply }
  }

  #claimOf(device: OfflineClaim): Part {
    const { keys, rows, marks, instanceId: by } = this.#parts
    const key = keys.offline(device)
    const row = rows.of(keys.record(device))
    const there = row.revision > 0
    const guards = [{ key: row.key, revision: row.revision }]
    // Without a record only the entry tells that another was first.
    if (!there) guards.push({ key, revision: marks.revisionOf(key) })
    const value = claimText(device, by)
    const put: EtcdWrite = { kind: 'put', key, value, lease: NO_LEASE }
    const writes: EtcdWrite[] = there ? [{ kind: 'delete', key: row.key }, put] : [put]
    const apply = (revision: number) => {
      marks.put(key, keyOf(device), revision, { by, announced: false })
      rows.deleted(row, revision)
    }
    return { step: { guards, writes }, bytes: value.length, row, lease: undefined, apply }
  }

  #noteOf(device: StoredDevice): Part {
    const { keys, marks, instanceId: by } = this.#parts
    const key = keys.offline(device)
    const value = announcedText(device, by)
    const guards = [{ key, revision: marks.revisionOf(key) }]
    const apply = (revision: number) =>
      void marks.put(key, keyOf(device), revision, { by, announced: true })
    const put: EtcdWrite = { kind: 'put', key, value, lease: NO_LEASE }
    return {
      step: { guards, writes: [put] },
      bytes: value.length,
      row: undefined,
      lease: undefined,
      apply,
    }
  }

  /** The lease that the record is under, or a place under another. */
  async #leaseFor(row: Row | undefined, device: StoredDevice): Promise<SharedLease> {
    const lease = row?.lease
    const ttlSeconds = device.ttlSeconds ?? 0
    // How long a lease lasts that another registry granted is not known (0) until etcd has answered
    // its first keep-alive. Its records are not moved for that: after a start it would be all of them.
    if (
      lease !== undefined &&
      !lease.gone &&
      (lease.ttlSeconds === 0 || lease.ttlSeconds >= ttlSeconds)
    ) {
      return lease
    }
    return this.#parts.leases.place(ttlSeconds)
  }

  /** Does something for each, in as few transactions as it takes, and tells for each whether it was done. */
  async #transact<T>(
    things: readonly T[],
    partFor: (thing: T) => Promise<Part>,
  ): Promise<boolean[]> {
    const parts = await this.#plan(things, partFor)
    const commits: Promise<boolean[]>[] = []
    for (let from = 0; from < parts.length;) {
      const to = endOfTransaction(parts, from)
      commits.push(this.#commit(parts.slice(from, to), things.slice(from, to), partFor, 1))
      from = to
    }
    const outcomes = await Promise.allSettled(commits)
    return outcomes.flatMap((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason
      return outcome.value
    })
  }

  async #plan<T>(things: readonly T[], partFor: (thing: T) => Promise<Part>): Promise<Part[]> {
    const parts: Part[] = []
    try {
      for (const thing of things) {
        const part = await partFor(thing)
        if (part.row !== undefined) part.row.writing += 1
        parts.push(part)
      }
      return parts
    } catch (error) {
      this.#release(parts)
      throw error
    }
  }

  async #commit<T>(
    parts: readonly Part[],
    things: readonly T[],
    partFor: (thing: T) => Promise<Part>,
    tries: number,
  ): Promise<boolean[]> {
    try {
      const { revision, done } = await this.#parts.client.commit(parts.map(({ step }) => step))
      for (const [index, part] of parts.entries()) {
        if (done[index] === true) part.apply(revision)
      }
      this.#release(parts)
      return [...done]
    } catch (thrown) {
      this.#release(parts)
      const error = etcdError(thrown)
      if (error.code === 'ETCD_LEASE_GONE' && tries < MAX_TRIES) {
        await this.#findDeadLeases(parts)
        return this.#commit(await this.#plan(things, partFor), things, partFor, tries + 1)
      }
      if (error.code === 'ETCD_TOO_LARGE') return this.#divide(things, partFor)
      throw error
    }
  }

  /** What is too large for one transaction goes in two; what is too large alone can not be kept. */
  async #divide<T>(things: readonly T[], partFor: (thing: T) => Promise<Part>): Promise<boolean[]> {
    if (things.length === 1) {
      this.#parts.logger.error('a record is larger than etcd takes; it is kept in memory only')
      return [true]
    }
    const half = Math.ceil(things.length / 2)
    return [
      ...(await this.#transact(things.slice(0, half), partFor)),
      ...(await this.#transact(things.slice(half), partFor)),
    ]
  }

  /** etcd does not say which lease it misses. */
  async #findDeadLeases(parts: readonly Part[]): Promise<void> {
    const { client, leases } = this.#parts
    for (const lease of new Set(parts.map((part) => part.lease))) {
      if (lease !== undefined && !(await client.isLeaseAlive(lease.id))) leases.lost(lease)
    }
  }

  /** The transaction is over, well or not. */
  #release(parts: readonly Part[]): void {
    for (const { row, lease } of parts) {
      // A place that was given and not taken.
      if (lease !== undefined && lease !== row?.lease) this.#parts.leases.leave(lease)
    }
    for (const { row } of parts) {
      if (row === undefined) continue
      row.writing -= 1
      if (row.writing === 0) this.#parts.settled(row)
    }
  }
}

const NONE = Buffer.alloc(0)

/** The whole records as they are now, beside each other: text in between would cost most of a write. */
function recordsOf(changes: readonly StoreChange[]): Buffer[] {
  const sizes = changes.map((change) =>
    change.kind === 'remove' ? 0 : change.device.recordBytes(),
  )
  const all = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + size, 0))
  let end = 0
  return changes.map((change) => {
    const from = end
    if (change.kind !== 'remove') end = change.device.writeRecord(all, from)
    return all.subarray(from, end)
  })
}

/** Records are there exactly while the device is online; what is offline is told by claims. */
function isStorable(change: StoreChange): boolean {
  return (
    hasKey(change.device) && (change.kind === 'remove' || change.device.offlineAtEpochMs === null)
  )
}

/** Where a transaction that begins with `from` has to end: it takes at least one. */
function endOfTransaction(parts: readonly Part[], from: number): number {
  let operations = 0
  let bytes = 0
  let to = from
  for (; to < parts.length; to += 1) {
    const { step, bytes: more } = parts[to] ?? NOTHING
    operations += step.guards.length > 0 ? 1 : step.writes.length
    bytes += more
    if (to > from && (operations > MAX_OPERATIONS || bytes > MAX_BYTES)) break
  }
  return to
}

const NOTHING = { step: { guards: [], writes: [] }, bytes: 0 }

function keyOf({ tenant, deviceId }: DeviceKey): DeviceKey {
  return { tenant, deviceId }
}
