/**
 * What the store needs of etcd, in the store's words; `etcd3-client.ts` stands behind it. Keys are
 * text, revisions numbers (etcd counts by one for each transaction), leases the decimal text of
 * their 64-bit id, '0' for none.
 *
 * Every call has a deadline of its own and throws TransientError `ETCD_UNREACHABLE` where etcd does
 * not answer (unreachable, no leader), `ETCD_NO_SPACE` while its quota is used up, or RejectedError
 * `ETCD_REFUSED` (user, password, permissions, certificate). Nothing is tried twice: after an
 * `ETCD_UNREACHABLE` a write may or may not have been done.
 */
export interface EtcdClient {
  /**
   * Does each step whose guards hold, all in one transaction. No key may be written twice in it.
   * @throws beside the above: InternalError `ETCD_LEASE_GONE`, `ETCD_TOO_LARGE`; nothing was done then
   */
  commit(steps: readonly EtcdStep[]): Promise<EtcdCommit>
  /** All keys below a prefix, in key order, as they were at one revision. */
  range(prefix: string, atRevision: number | undefined): AsyncIterable<EtcdPage>
  get(key: string): Promise<EtcdEntry | undefined>
  /** The present revision of the whole cluster. */
  revision(): Promise<number>
  grantLease(ttlSeconds: number): Promise<GrantedLease>
  /** Ends a lease, and its keys with it. One that is gone already is none to complain about. */
  revokeLease(lease: string): Promise<void>
  /** Whether a lease is still there. */
  isLeaseAlive(lease: string): Promise<boolean>
  /** Opens a stream that leases are kept alive on. */
  openKeepAlive(listener: KeepAliveListener): Promise<KeepAlive>
  /** Follows all keys below some prefixes from a revision on. */
  watch(prefixes: readonly string[], fromRevision: number, listener: WatchListener): Promise<Watch>
  /** What each member says of itself. */
  members(): Promise<readonly EtcdMember[]>
  /** Forgets the history before a revision. */
  compact(beforeRevision: number): Promise<void>
  /** Gives the space of what was forgotten back, endpoint by endpoint. Each stands still meanwhile. */
  defragment(): Promise<void>
  /** Ends the alarms about space; etcd takes writes again. */
  disarmSpaceAlarms(): Promise<void>
  /** The next call goes to another endpoint, where there is one. */
  turnToNext(): void
  close(): void
}

export interface EtcdEntry {
  readonly key: string
  readonly value: Buffer
  /** Revision of its last change. */
  readonly revision: number
  readonly lease: string
}

export interface EtcdPage {
  readonly entries: readonly EtcdEntry[]
  /** Revision of the whole view, the same for all its pages. */
  readonly revision: number
}

/** Holds where the key's last change has this revision; 0 means that there is no such key. */
export interface EtcdGuard {
  readonly key: string
  readonly revision: number
}

export type EtcdWrite =
  | {
      readonly kind: 'put'
      readonly key: string
      /** Text, or its bytes. */
      readonly value: string | Buffer
      readonly lease: string
    }
  | { readonly kind: 'delete'; readonly key: string }

/** Writes that are done together where all guards hold, or not at all. */
export interface EtcdStep {
  readonly guards: readonly EtcdGuard[]
  readonly writes: readonly EtcdWrite[]
}

export interface EtcdCommit {
  /** Of all that was written. */
  readonly revision: number
  /** For each step whether it was done. */
  readonly done: readonly boolean[]
}

export interface GrantedLease {
  readonly id: string
  /** May be more than was asked for. */
  readonly ttlSeconds: number
}

export interface KeepAliveListener {
  /** The lease has this long from now on; 0 where it is gone. */
  kept(lease: string, ttlSeconds: number): void
  /** The stream is of no use any more. Not called after `close`. */
  ended(error: Error): void
}

export interface KeepAlive {
  keep(lease: string): void
  close(): void
}

export type EtcdEvent =
  | { readonly kind: 'put'; readonly entry: EtcdEntry }
  | { readonly kind: 'delete'; readonly key: string; readonly revision: number }

export interface WatchListener {
  /** Events in order; `revision` is the one up to which all of this prefix has been told. */
  events(prefix: string, events: readonly EtcdEvent[], revision: number): void
  /** Events since the revision asked for are forgotten: only a new look at everything helps. */
  compacted(): void
  /** The stream is of no use any more. Not called after `close`. */
  ended(error: Error): void
}

export interface Watch {
  close(): void
}

export interface EtcdMember {
  readonly endpoint: string
  /** Undefined where it does not answer. */
  readonly status: EtcdMemberStatus | undefined
}

export interface EtcdMemberStatus {
  readonly version: string
  readonly databaseBytes: number
  /** Of these in use; undefined where the member does not tell. */
  readonly databaseUsedBytes: number | undefined
  /** Size at which etcd stops taking writes; undefined where the member does not tell. */
  readonly quotaBytes: number | undefined
  readonly hasLeader: boolean
  /** Its space alarm is up: it takes no writes. */
  readonly outOfSpace: boolean
  readonly revision: number
}
