import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '#shared/errors.ts'
import type { Dialect } from '#shared/protocol/dialect.ts'
import type { Logger } from '../../log/logger.ts'
import { systemClock, type Clock } from '../clock.ts'
import type {
  LeftOffline,
  OfflineClaim,
  SeenDevice,
  SharedStore,
  StoreFollower,
  StoreHealth,
} from '../shared-store.ts'
import type { DeviceKey, StoreChange, StoredDevice, StorePace } from '../store.ts'
import type { EtcdClient } from './etcd-client.ts'
import { EtcdFollow } from './etcd-follow.ts'
import { EtcdKeys } from './etcd-keys.ts'
import { EtcdRows } from './etcd-rows.ts'
import { EtcdView } from './etcd-view.ts'
import { EtcdWriter } from './etcd-writer.ts'
import { LeaseBook } from './lease-book.ts'
import { Membership } from './membership.ts'
import { OfflineMarks } from './offline-marks.ts'
import { SeenNotes } from './seen-notes.ts'
import { EtcdHealth, LOOK_EVERY_MS } from './etcd-health.ts'

/** Whoever heard an announcement notes it in this time; then the owner makes it. */
const HEARD_WITHIN_MS = 2500
/** A registry begins without its store where that takes longer to answer. */
const FIRST_VIEW_TIMEOUT_MS = 3000

/**
 * Registrations wait for etcd, so they go at once; those that come meanwhile go together next. 10,000 devices
 * that all change all the time are as many puts as etcd takes, and nothing is stale for a second all the same.
 */
const PACE: StorePace = {
  registrationsAfterMs: 0,
  statusAfterMs: 200,
  maxBatch: 120,
  maxInFlight: 4,
  confirmsWritten: true,
}

export interface EtcdStoreOptions {
  readonly client: EtcdClient
  readonly dialect: Dialect
  readonly logger: Logger
  readonly clock?: Clock
  /** Names this registry among those that share etcd. */
  readonly instanceId: string
  /** History kept when this registry compacts; null leaves that to others. */
  readonly compactAfterSeconds: number | null
  /** How often to look at how etcd is. */
  readonly lookEveryMs?: number
}

/**
 * Devices in etcd, as protocol.md says: the record at its key, under a lease, exactly while the
 * device is online. What that has no place for (offline devices, who announces them, which
 * registries there are) is below a prefix of Muster's own. See docs/decisions/0009-etcd-store.md.
 */
export class EtcdStore implements SharedStore {
  readonly #client: EtcdClient
  readonly #logger: Logger
  readonly #keys: EtcdKeys
  readonly #leases: LeaseBook
  readonly #members: Membership
  readonly #marks: OfflineMarks
  readonly #seen: SeenNotes
  readonly #instanceId: string
  readonly #writer: EtcdWriter
  readonly #view: EtcdView
  readonly #follow: EtcdFollow
  readonly #health: EtcdHealth
  readonly #closing = new AbortController()
  #follower: StoreFollower | undefined
  #running: Promise<void> | undefined

  constructor(options: EtcdStoreOptions) {
    const { client, logger, instanceId, clock = systemClock } = options
    const keys = new EtcdKeys(options.dialect)
    this.#keys = keys
    this.#client = client
    this.#logger = logger
    this.#leases = new LeaseBook(client, clock, logger)
    this.#members = new Membership({
      client,
      keys,
      clock,
      logger,
      instanceId,
      changed: () => this.#follower?.ownersChanged(),
    })
    this.#instanceId = instanceId
    this.#seen = new SeenNotes(client, keys)
    const rows = new EtcdRows(this.#leases)
    this.#marks = new OfflineMarks(instanceId)
    const parts = { client, keys, rows, leases: this.#leases, marks: this.#marks, logger }
    const members = this.#members
    this.#writer = new EtcdWriter({
      ...parts,
      instanceId,
      settled: (row) => this.#view.settled(row),
    })
    this.#view = new EtcdView({
      ...parts,
      members,
      seen: this.#seen,
      instanceId,
      follower: () => this.#follower,
      stale: (key, revision) => void this.#removeStale(key, revision),
    })
    this.#follow = new EtcdFollow({
      client,
      logger,
      prefixes: [keys.records, keys.own],
      takeIn: () => this.#view.takeIn(),
      event: (event) => this.#view.event(event),
      reached: () => this.#follower?.reached(),
    })
    this.#health = new EtcdHealth({
      client,
      logger,
      leads: (unseated) => this.#members.leads(unseated),
      compactAfterSeconds: options.compactAfterSeconds,
      lookEveryMs: options.lookEveryMs ?? LOOK_EVERY_MS,
    })
  }

  get pace(): StorePace {
    return PACE
  }

  // A shared store is followed instead.
  async *load(): AsyncGenerator<readonly StoredDevice[]> {}

  async follow(follower: StoreFollower, signal: AbortSignal): Promise<void> {
    this.#follower = follower
    this.#leases.start()
    this.#members.start()
    this.#health.start()
    this.#running = this.#follow.run(this.#closing.signal)
    const giveUp = new AbortController()
    const given = AbortSignal.any([signal, giveUp.signal])
    const waited = delay(FIRST_VIEW_TIMEOUT_MS, 'late', { signal: given }).catch(() => 'stopped')
    const outcome = await Promise.race([this.#follow.firstView, waited])
    giveUp.abort()
    signal.throwIfAborted()
    if (outcome !== 'late') return
    this.#logger.warn('etcd does not answer; the registry begins with what it hears', {
      why: messageOf(this.#follow.lastError),
    })
  }

  write(changes: readonly StoreChange[]): Promise<readonly StoreChange[]> {
    return this.#writer.write(changes)
  }

  claimOffline(claims: readonly OfflineClaim[]): Promise<readonly boolean[]> {
    return this.#writer.claim(claims)
  }

  markAnnounced(devices: readonly StoredDevice[]): Promise<void> {
    return this.#writer.markAnnounced(devices)
  }

  owns(device: DeviceKey): boolean {
    return this.#members.owns(device)
  }

  judges(device: DeviceKey): boolean {
    return this.#members.seated && this.#members.owns(device)
  }

  leftUnannounced(): readonly LeftOffline[] {
    if (!this.#members.seated) return []
    const left = this.#marks.leftBy((id) => !this.#members.isAlive(id))
    return left.filter(
      (device) =>
        device.announced || (this.#members.owns(device) && device.leftForMs >= HEARD_WITHIN_MS),
    )
  }

  heardAnnouncement(device: DeviceKey): void {
    this.#marks.heard(this.#keys.offline(device))
  }

  async noteSeen(devices: readonly SeenDevice[]): Promise<void> {
    if (!this.#members.seated) return
    try {
      await this.#seen.write(devices, this.#instanceId)
    } catch (error) {
      this.#logger.debug('when devices were seen last is not noted', { why: messageOf(error) })
    }
  }

  setHearing(hearing: boolean): void {
    this.#members.setHearing(hearing)
  }

  health(): StoreHealth {
    const { databaseBytes, quotaBytes, membersAway, problem } = this.#health.findings
    const reachable = this.#follow.following
    return {
      reachable,
      awayForMs: this.#follow.awayForMs,
      instances: this.#members.size,
      leases: this.#leases.size,
      revision: this.#follow.revision,
      databaseBytes,
      quotaBytes,
      membersAway,
      problem: reachable ? problem : this.#away(),
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
    this.#view.close()
    await this.#health.close()
    await this.#members.close()
    this.#leases.close()
    this.#client.close()
  }

  async #removeStale(key: string, revision: number): Promise<void> {
    try {
      await this.#writer.removeStale(key, revision)
    } catch (error) {
      this.#logger.debug('a stale entry stays', { key, why: messageOf(error) })
    }
  }

  #away() {
    const { lastError } = this.#follow
    return {
      code: 'ETCD_UNREACHABLE',
      message: `The registry answers from memory: etcd is away (${messageOf(lastError ?? 'not reached yet')}). New devices are saved when it is back, and nobody is declared offline until then.`,
      advice: 'Check that etcd runs, has a leader, and can be reached from this computer.',
      grave: true,
    }
  }
}
