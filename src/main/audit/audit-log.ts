import type { DatabaseSync } from 'node:sqlite'
import type { AuditBreak, AuditPage, AuditStatus } from '#shared/contract/audit.ts'
import type { SavedFile } from '#shared/contract/common.ts'
import { RejectedError, toMusterError } from '#shared/errors.ts'
import { problemOf } from '#shared/problem-of.ts'
import { SerialQueue } from '../authority/serial-queue.ts'
import type { SaveFile } from '../files/saved-file.ts'
import type { Logger } from '../log/logger.ts'
import type { Anchor, AuditAnchor } from './audit-anchor.ts'
import { NO_PREVIOUS_HASH } from './audit-entry.ts'
import { AuditReader, type AuditQuery } from './audit-reader.ts'
import type { AuditTrail } from './audit-trail.ts'
import { checkChain, type ChainBreak } from './chain-check.ts'

/** After an entry, how long the keychain and the window wait for more before they are told. */
const SETTLE_MS = 500

/** All entries are checked at a start once this has passed; the newest are at each. */
const FULL_CHECK_INTERVAL_MS = 24 * 60 * 60 * 1000

/** Breaks that concern what the keychain remembers: it must not learn the new end before a person saw it. */
const AT_THE_ANCHOR: ReadonlySet<ChainBreak['kind']> = new Set(['cut', 'replaced', 'unanchored'])

export interface AuditLogOptions {
  /** With AUDIT_MIGRATIONS applied. */
  readonly database: DatabaseSync
  readonly trail: AuditTrail
  readonly anchor: AuditAnchor
  readonly saveFile: SaveFile
  readonly log: Logger
  /** Hears each verdict, for health. */
  readonly onVerdict?: (status: AuditStatus) => void
  readonly now?: () => Date
}

type Listener = (update: { type: 'snapshot'; status: AuditStatus }) => void

/** Watches over the audit log: checks it at start and on demand, and keeps its end in the keychain. */
export class AuditLog {
  readonly #options: AuditLogOptions
  readonly #reader: AuditReader
  readonly #now: () => Date
  readonly #queue = new SerialQueue()
  readonly #closing = new AbortController()
  readonly #listeners = new Set<Listener>()
  readonly #unsubscribe: () => void
  /** Whether nothing was written yet when the app started. */
  readonly #beganEmpty: boolean
  /** Why the keychain does not know this log, where a person gave that reason. */
  #newKeychain: string | undefined
  #breaks: readonly ChainBreak[] = []
  #anchor: Anchor | undefined
  #started = false
  #settling: NodeJS.Timeout | undefined
  #problem: AuditStatus['problem'] = null
  #checked: { readonly from: number; readonly at: string } | undefined
  #fullyCheckedAt: string | null = null
  #progress: number | null = null

  constructor(options: AuditLogOptions) {
    this.#options = options
    this.#reader = new AuditReader(options.database)
    this.#beganEmpty = options.trail.head().seq === 0
    this.#now = options.now ?? (() => new Date())
    this.#unsubscribe = options.trail.subscribe(() => this.#settle())
  }

  /**
   * The keychain is open: checks the log from the entry that the keychain remembers, and all of it where
   * that was long ago. Never throws; what went wrong is in the status.
   */
  start(): Promise<void> {
    return this.#queue.run(async () => {
      if (this.#started || this.#closing.signal.aborted) return
      try {
        this.#anchor = await this.#options.anchor.read()
        await this.#check(this.#anchor?.seq ?? 1)
        this.#started = true
        if (this.#fullCheckIsDue()) await this.#check(1)
        await this.#remember()
      } catch (thrown) {
        this.#fail(thrown)
      }
    })
  }

  /** Checks every entry. @throws TransientError `AUDIT_CHECK_STOPPED`, and what the keychain throws. */
  verify(): Promise<AuditStatus> {
    return this.#queue.run(async () => {
      if (!this.#started) this.#anchor = await this.#options.anchor.read()
      await this.#check(1)
      this.#started = true
      await this.#remember()
      return this.status()
    })
  }

  /**
   * Notes in the log that a person looked into a break, and why it is all right to go on. It stays in the
   * list of breaks, and stays a break.
   * @throws RejectedError `AUDIT_BREAK_UNKNOWN`.
   */
  acknowledge(id: string, reason: string): Promise<AuditStatus> {
    return this.#queue.run(async () => {
      const found = this.#breaks.find((one) => one.id === id)
      if (found === undefined) throw breakUnknown()
      this.#options.trail.record([
        { action: 'audit-acknowledge', key: null, subject: id, reason, result: 'done' },
      ])
      await this.#remember()
      this.#tell(true)
      return this.status()
    })
  }

  /**
   * The person gave up the keychain that remembered this log: that the new one does not is then no riddle, and is noted
   * in the log with that reason.
   */
  acceptNewKeychain(reason: string): void {
    this.#newKeychain = reason
  }

  list(query: AuditQuery): AuditPage {
    return this.#reader.list(query)
  }

  /** The whole log as a file of JSON Lines. */
  export(): Promise<SavedFile> {
    const day = this.#now().toISOString().slice(0, 10)
    return this.#options.saveFile({
      name: `muster-audit-${day}.jsonl`,
      mediaType: 'application/jsonl',
      content: [...this.#reader.exportLines(), ''].join('\n'),
    })
  }

  status(): AuditStatus {
    const head = this.#options.trail.head()
    const breaks = this.#told()
    const broken = breaks.some(({ acknowledged }) => acknowledged === null)
    return {
      state: this.#state(broken),
      entries: head.seq,
      head: head.hash,
      breaks,
      checkedFrom: this.#checked?.from ?? null,
      checkedAt: this.#checked?.at ?? null,
      fullyCheckedAt: this.#fullyCheckedAt,
      progress: this.#progress,
      anchored: this.#anchor?.seq ?? null,
      problem: this.#problem,
    }
  }

  readonly subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener)
    listener({ type: 'snapshot', status: this.status() })
    return () => void this.#listeners.delete(listener)
  }

  /** Lets the keychain learn the end of the log, and ends. */
  async close(): Promise<void> {
    this.#unsubscribe()
    clearTimeout(this.#settling)
    this.#closing.abort()
    await this.#queue.run(() => this.#remember())
    this.#listeners.clear()
  }

  async #check(from: number): Promise<void> {
    const { database } = this.#options
    // The memory of an empty log is worth keeping: without it a first start would look like a loss.
    if (this.#anchor === undefined && this.#beganEmpty) {
      this.#anchor = { seq: 0, hash: NO_PREVIOUS_HASH, checked: null }
    }
    const remembered = this.#anchor
    this.#progress = 0
    this.#tell()
    try {
      const check = await checkChain(
        database,
        { from, remembered, onProgress: (seq) => this.#advance(seq) },
        this.#closing.signal,
      )
      const lost: ChainBreak[] =
        remembered === undefined
          ? [{ kind: 'unanchored', seq: 1, last: check.head.seq, id: unanchoredId(check.head.seq) }]
          : []
      this.#breaks = [...check.breaks, ...lost]
      this.#acceptUnanchored(lost)
      const at = this.#now().toISOString()
      this.#checked = { from: check.from, at }
      if (check.from === 1) this.#fullyCheckedAt = at
      this.#problem = null
    } finally {
      this.#progress = null
      this.#tell(true)
    }
  }

  #acceptUnanchored(lost: readonly ChainBreak[]): void {
    const reason = this.#newKeychain
    if (reason === undefined) return
    this.#newKeychain = undefined
    this.#options.trail.record(
      lost.map(({ id }) => ({
        action: 'audit-acknowledge' as const,
        key: null,
        subject: id,
        reason,
        result: 'done' as const,
      })),
    )
  }

  #fullCheckIsDue(): boolean {
    if (this.#checked?.from === 1) return false
    const last = this.#anchor?.checked
    if (last === undefined || last === null || !last.sound) return true
    this.#fullyCheckedAt = last.at
    return this.#now().getTime() - Date.parse(last.at) > FULL_CHECK_INTERVAL_MS
  }

  /** Tells the keychain where the log ends, unless it would forget what somebody still has to see. */
  async #remember(): Promise<void> {
    const { trail, anchor, log } = this.#options
    if (!this.#started) return
    const open = this.#told().filter(({ acknowledged }) => acknowledged === null)
    if (open.some(({ kind }) => AT_THE_ANCHOR.has(kind))) return
    const head = trail.head()
    const checked =
      this.#fullyCheckedAt === null
        ? null
        : { at: this.#fullyCheckedAt, sound: this.#breaks.length === 0 }
    const next = { ...head, checked }
    if (JSON.stringify(next) === JSON.stringify(this.#anchor)) return
    try {
      // On the disk before in the keychain: after a power cut the log must not seem to be cut.
      this.#options.database.exec('PRAGMA wal_checkpoint(PASSIVE)')
      await anchor.write(next)
      this.#anchor = next
      this.#problem = null
    } catch (thrown) {
      log.warn('the keychain could not learn the end of the audit log', { error: thrown })
      this.#problem = problemOf(toMusterError(thrown))
    }
    this.#tell()
  }

  /** Entries come in bursts; one look afterwards is enough. */
  #settle(): void {
    if (this.#closing.signal.aborted) return
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined
      this.#tell()
      void this.#queue.run(() => this.#remember())
    }, SETTLE_MS).unref()
  }

  #advance(seq: number): void {
    this.#progress = seq
    this.#tell()
  }

  #fail(thrown: unknown): void {
    if (this.#closing.signal.aborted) return
    this.#options.log.warn('the audit log could not be checked', { error: thrown })
    this.#problem = problemOf(toMusterError(thrown))
    this.#tell()
  }

  #told(): AuditBreak[] {
    if (this.#breaks.length === 0) return []
    const acknowledgements = this.#reader.acknowledgements()
    return this.#breaks.map(({ id, kind, seq, last }) => ({
      id,
      kind,
      seq,
      last,
      after: this.#reader.at(seq - 1),
      before: this.#reader.at(last + 1),
      acknowledged: acknowledgements.get(id) ?? null,
    }))
  }

  #state(broken: boolean): AuditStatus['state'] {
    if (broken) return 'broken'
    if (this.#progress !== null) return 'checking'
    return this.#started ? 'sound' : 'waiting'
  }

  #tell(verdict = false): void {
    const status = this.status()
    if (verdict) this.#options.onVerdict?.(status)
    for (const listener of this.#listeners) listener({ type: 'snapshot', status })
  }
}

/** The number of entries belongs to it: what is added after an acknowledgement is anchored then. */
function unanchoredId(entries: number): string {
  return `unanchored-1-${entries}`
}

function breakUnknown(): RejectedError {
  return new RejectedError({
    code: 'AUDIT_BREAK_UNKNOWN',
    message: 'The audit log has no such break any more: it was checked again since.',
    advice: 'Look at the list of breaks as it is now.',
  })
}
