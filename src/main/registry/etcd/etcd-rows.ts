import type { EtcdEvent } from './etcd-client.ts'
import type { LeaseBook, SharedLease } from './lease-book.ts'

/** What is known of one record's key in etcd. */
export interface Row {
  readonly key: string
  /** Of the record; 0 where there is none. */
  revision: number
  /** Highest revision of this key that we know of; what comes later and is older is no news. */
  seen: number
  lease: SharedLease | undefined
  /** Transactions of ours under way that write it. */
  writing: number
  /** What the watch told meanwhile. Once we know our own revision it is clear what is an echo. */
  held: EtcdEvent[] | undefined
}

/** Every record's key, with its revision and its lease. */
export class EtcdRows {
  readonly #rows = new Map<string, Row>()
  readonly #leases: LeaseBook

  constructor(leases: LeaseBook) {
    this.#leases = leases
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key)
  }

  of(key: string): Row {
    let row = this.#rows.get(key)
    if (row === undefined) {
      row = { key, revision: 0, seen: 0, lease: undefined, writing: 0, held: undefined }
      this.#rows.set(key, row)
    }
    return row
  }

  all(): IterableIterator<Row> {
    return this.#rows.values()
  }

  /** The record is there, as of this revision and under this lease. */
  put(row: Row, revision: number, lease: SharedLease | undefined): void {
    row.revision = revision
    row.seen = revision
    this.#move(row, lease)
  }

  /** The record is gone. The row stays until the watch has told so as well. */
  deleted(row: Row, revision: number): void {
    row.revision = 0
    row.seen = revision
    this.#move(row, undefined)
  }

  /** Drops a row that stands for nothing and that no event is to be expected of. */
  release(row: Row): void {
    if (row.revision === 0 && row.writing === 0) this.#rows.delete(row.key)
  }

  #move(row: Row, lease: SharedLease | undefined): void {
    if (row.lease === lease) return
    // A new place was counted when it was given.
    if (row.lease !== undefined) this.#leases.leave(row.lease)
    row.lease = lease
  }
}
