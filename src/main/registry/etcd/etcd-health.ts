import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '#shared/errors.ts'
import type { Logger } from '../../log/logger.ts'
import type { StoreProblem } from '../shared-store.ts'
import { etcdError } from './etcd-errors.ts'
import type { EtcdClient, EtcdMember, EtcdMemberStatus } from './etcd-client.ts'

export const LOOK_EVERY_MS = 5000
/** etcd's own unless it is told another; its metrics tell. */
const DEFAULT_QUOTA_BYTES = 2 * 1024 ** 3
const NOTICE_AT = 0.6
const WARN_AT = 0.8
/** Of the quota: where more is in use, history is kept for less long, so that it never fills it. */
const HISTORY_UP_TO = 0.4
const SHORTEN_HISTORY_EVERY_MS = 30_000
/**
 * How much history is left when room is made in time, as much as goes: for watches that are a moment
 * behind. With large records the last thousand changes alone may fill a small quota.
 */
const KEPT_REVISIONS: readonly number[] = [1000, 100, 0]
/** etcd tells what is in use as of its last commit, of which it makes one every 100 ms. */
const COMMITTED_AFTER_MS = 250
/** A defragmentation holds a member up; not more often than this, and while nothing can be written, than that. */
const MAKE_ROOM_EVERY_MS = 60_000
const MAKE_ROOM_AT_ONCE_EVERY_MS = 5000
/** Nor than this where it gave nothing back: all of it is devices, or somebody else's. */
const MAKE_ROOM_IN_VAIN_EVERY_MS = 10 * 60_000
/** For what is under way when it closes. */
const CLOSE_TIMEOUT_MS = 1000

export interface EtcdHealthParts {
  readonly client: EtcdClient
  readonly logger: Logger
  /**
   * Whether this registry does what has to be done once for all.
   * @param unseated even where etcd can not be told of this registry, since it takes no writes
   */
  readonly leads: (unseated: boolean) => boolean
  /** History kept when it compacts; null leaves that to others. */
  readonly compactAfterSeconds: number | null
  readonly lookEveryMs: number
}

export interface EtcdFindings {
  readonly databaseBytes: number
  readonly quotaBytes: number
  readonly membersAway: number
  readonly problem: StoreProblem | undefined
}

/**
 * Looks every few seconds at how etcd is: space against its quota, members, alarms. Compacts the
 * history of what changed at the pace of the fleet, and where space ran out all the same makes room
 * and ends the alarm, which otherwise takes a person.
 */
export class EtcdHealth {
  readonly #parts: EtcdHealthParts
  #findings: EtcdFindings = { databaseBytes: 0, quotaBytes: 0, membersAway: 0, problem: undefined }
  /** Revisions and when they were the present one, oldest first. */
  #history: { readonly revision: number; readonly atMs: number }[] = []
  #compacted = 0
  #roomMadeAtMs = Number.NEGATIVE_INFINITY
  #inVain = false
  #shortenedAtMs = Number.NEGATIVE_INFINITY
  #told: string | undefined
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined
  #closed = false

  constructor(parts: EtcdHealthParts) {
    this.#parts = parts
  }

  get findings(): EtcdFindings {
    return this.#findings
  }

  start(): void {
    if (this.#closed || this.#looking !== undefined) return
    this.#looking = this.#look().finally(() => {
      this.#looking = undefined
      if (!this.#closed) this.#timer = setTimeout(() => this.start(), this.#parts.lookEveryMs)
    })
  }

  /** What etcd was told to do it does by itself: a defragmentation may take it a minute. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await Promise.race([this.#looking, delay(CLOSE_TIMEOUT_MS, undefined, { ref: false })])
  }

  async #look(): Promise<void> {
    const { client, logger, leads } = this.#parts
    try {
      const members = await client.members()
      this.#findings = findingsOf(members)
      this.#tell(this.#findings.problem)
      const outOfSpace = members.some(({ status }) => status?.outOfSpace === true)
      if (!leads(outOfSpace)) return
      const revision = Math.max(...members.map(({ status }) => status?.revision ?? 0))
      await this.#compactHistory(members, revision)
      await this.#makeRoom(members, revision, outOfSpace)
    } catch (error) {
      if (this.#closed) return
      logger.warn('the health of etcd could not be looked after', { why: messageOf(error) })
    }
  }

  /** Each problem is told once, and once more when it is over. */
  #tell(problem: StoreProblem | undefined): void {
    if (problem?.code === this.#told) return
    this.#told = problem?.code
    const { logger } = this.#parts
    if (problem === undefined) logger.info('etcd is well again')
    else logger.warn(problem.message, { code: problem.code, advice: problem.advice })
  }

  async #compactHistory(members: readonly EtcdMember[], revision: number): Promise<void> {
    const { client, compactAfterSeconds } = this.#parts
    if (compactAfterSeconds === null || revision === 0) return
    const now = performance.now()
    this.#history.push({ revision, atMs: now })
    const old = this.#history.filter(({ atMs }) => now - atMs >= compactAfterSeconds * 1000)
    this.#history = this.#history.slice(old.length)
    let to = old.at(-1)?.revision ?? 0
    // 10,000 devices that change every second fill etcd's usual 2 GB in less time than history is kept.
    if (isAnyOf(members, holdsMuch) && now - this.#shortenedAtMs >= SHORTEN_HISTORY_EVERY_MS) {
      this.#shortenedAtMs = now
      to = Math.max(to, revision - (KEPT_REVISIONS[0] ?? 0))
    }
    if (to > this.#compacted) await this.#compactTo(client, to)
  }

  /** Another registry, or etcd itself, may have compacted further already. */
  async #compactTo(client: EtcdClient, revision: number): Promise<void> {
    this.#compacted = revision
    try {
      await client.compact(revision)
    } catch (error) {
      if (etcdError(error).code !== 'ETCD_COMPACTED') throw error
    }
  }

  async #makeRoom(
    members: readonly EtcdMember[],
    revision: number,
    outOfSpace: boolean,
  ): Promise<void> {
    const { client, logger } = this.#parts
    const now = performance.now()
    const inTimeEveryMs = this.#inVain ? MAKE_ROOM_IN_VAIN_EVERY_MS : MAKE_ROOM_EVERY_MS
    const everyMs = outOfSpace ? MAKE_ROOM_AT_ONCE_EVERY_MS : inTimeEveryMs
    const isShort = outOfSpace || isAnyOf(members, isFull)
    if (!isShort || now - this.#roomMadeAtMs < everyMs) return
    this.#roomMadeAtMs = now
    await this.#compactUntilThin(revision, outOfSpace)
    if (this.#closed) return
    await client.defragment()
    const after = await client.members()
    const room = !isAnyOf(after, isFull)
    this.#inVain = !room
    if (outOfSpace && room) await client.disarmSpaceAlarms()
    this.#findings = findingsOf(outOfSpace && room ? await client.members() : after)
    logger.info('etcd was compacted and defragmented', { outOfSpace, room })
  }

  /**
   * Forgets history up to where enough of what fills the quota is no longer in use, as far as etcd
   * tells that before the next writes.
   */
  async #compactUntilThin(revision: number, outOfSpace: boolean): Promise<void> {
    const { client } = this.#parts
    // Who watches and is behind reads everything anew; that is better than to save nothing.
    for (const kept of outOfSpace ? [0] : KEPT_REVISIONS) {
      const to = Math.max(revision - kept, 1)
      if (to > this.#compacted || outOfSpace) await this.#compactTo(client, to)
      await delay(COMMITTED_AFTER_MS)
      if (isAnyOf(await client.members(), isThin)) return
    }
  }
}

function isAnyOf(
  members: readonly EtcdMember[],
  condition: (status: EtcdMemberStatus) => boolean,
): boolean {
  return members.some(({ status }) => status !== undefined && condition(status))
}

function isFull(status: EtcdMemberStatus): boolean {
  return usedPart(status) >= WARN_AT
}

/** What is given free is used again for what comes, without a defragmentation. */
function holdsMuch(status: EtcdMemberStatus): boolean {
  const { databaseBytes, databaseUsedBytes = databaseBytes, quotaBytes } = status
  return databaseUsedBytes >= (quotaBytes ?? DEFAULT_QUOTA_BYTES) * HISTORY_UP_TO
}

/** So little of it is in use that it does not fill up again right after the rest was given back. */
function isThin(status: EtcdMemberStatus): boolean {
  return isFull(status) && (status.databaseUsedBytes === undefined || !holdsMuch(status))
}

/** Of its quota. */
function usedPart({ databaseBytes, quotaBytes = DEFAULT_QUOTA_BYTES }: EtcdMemberStatus): number {
  return databaseBytes / quotaBytes
}

function findingsOf(members: readonly EtcdMember[]): EtcdFindings {
  const known = members.flatMap(({ status }) => (status === undefined ? [] : [status]))
  const fullest = known.toSorted((a, b) => usedPart(b) - usedPart(a))[0]
  const away = members.length - known.filter(({ hasLeader }) => hasLeader).length
  return {
    databaseBytes: fullest?.databaseBytes ?? 0,
    quotaBytes: fullest?.quotaBytes ?? 0,
    membersAway: away,
    problem: problemOf(fullest, away, members.length),
  }
}

function problemOf(
  fullest: EtcdMemberStatus | undefined,
  away: number,
  members: number,
): StoreProblem | undefined {
  const used = fullest === undefined ? 0 : usedPart(fullest)
  if (fullest?.outOfSpace === true) {
    return {
      code: 'ETCD_NO_SPACE',
      message: 'etcd has used up its quota and takes no writes. New devices are kept in memory.',
      advice:
        'Muster compacts and defragments etcd by itself where its user may. Otherwise run etcdctl compact, defrag and alarm disarm, or raise --quota-backend-bytes.',
      grave: true,
    }
  }
  if (away > 0) {
    return {
      code: 'ETCD_MEMBERS_AWAY',
      message: `${away} of ${members} etcd endpoints do not answer or have no leader.`,
      advice: 'Bring them back: etcd stops once it has lost more than half of its members.',
      grave: away * 2 > members,
    }
  }
  if (used < NOTICE_AT) return undefined
  return {
    code: used < WARN_AT ? 'ETCD_QUOTA_NOTICE' : 'ETCD_QUOTA_WARNING',
    message: `etcd has used ${Math.round(used * 100)} % of its quota. At 100 % it takes no more writes.`,
    advice: 'Compact and defragment it, or raise --quota-backend-bytes.',
    grave: used >= WARN_AT,
  }
}
