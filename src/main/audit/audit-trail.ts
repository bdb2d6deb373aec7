import type { DatabaseSync } from 'node:sqlite'
import { InternalError } from '#shared/errors.ts'
import type { AuditDraft, KeyAudit } from '../authority/key-use.ts'
import { redact } from '../log/redact.ts'
import { inTransaction } from '../storage/database.ts'
import { bodyOf, hashOf, NO_PREVIOUS_HASH } from './audit-entry.ts'

/** Longest subject or reason, in characters; what a person typed is cut there. */
const MAX_TEXT_CHARS = 1_000

/** Who is at work: stands in every entry. */
export interface AuditActor {
  /** User of the operating system. */
  readonly user: string
  readonly host: string
}

export interface AuditTrailOptions {
  /** With AUDIT_MIGRATIONS applied. */
  readonly database: DatabaseSync
  readonly actor: AuditActor
  readonly now?: () => Date
}

/** The newest entry of the log. */
export interface AuditHead {
  /** 0 where there is none. */
  readonly seq: number
  readonly hash: string
}

/** The one way into the audit log: appends entries, each holding the hash of the one before. */
export class AuditTrail implements KeyAudit {
  readonly #database: DatabaseSync
  readonly #actor: AuditActor
  readonly #now: () => Date
  readonly #listeners = new Set<() => void>()

  constructor(options: AuditTrailOptions) {
    this.#database = options.database
    this.#actor = options.actor
    this.#now = options.now ?? (() => new Date())
  }

  /**
   * Appends entries: in the transaction that is open, so that they stand or fall with what they tell,
   * else in one of their own. Returns their numbers.
   * @throws InternalError `AUDIT_REASON` where one says no reason; TransientError `DISK_FULL`, and what
   *   SQLite throws.
   */
  record(drafts: readonly AuditDraft[]): readonly number[] {
    const numbers = this.#database.isTransaction
      ? this.#append(drafts)
      : inTransaction(this.#database, () => this.#append(drafts))
    for (const listener of this.#listeners) listener()
    return numbers
  }

  /**
   * Calls `listener` after entries were appended, in the middle of the transaction where it is not the
   * log's own: so it may note that, and must look later.
   */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** The newest entry. */
  head(): AuditHead {
    // Asked of the database each time: a transaction may have been rolled back since.
    const row = this.#database
      .prepare('SELECT seq, hash FROM audit_entries ORDER BY seq DESC LIMIT 1')
      .get()
    return row === undefined
      ? { seq: 0, hash: NO_PREVIOUS_HASH }
      : { seq: Number(row['seq']), hash: String(row['hash']) }
  }

  #append(drafts: readonly AuditDraft[]): readonly number[] {
    const insert = this.#database.prepare(
      'INSERT INTO audit_entries (seq, body, hash) VALUES (?, ?, ?)',
    )
    const at = this.#now().toISOString()
    let { seq, hash } = this.head()
    // A thousand credentials are a thousand entries for one reason.
    const checked = new Map<string, string>()
    const reasonOf = (text: string) => {
      const known = checked.get(text) ?? requireReason(publicText(text))
      checked.set(text, known)
      return known
    }
    return drafts.map((draft) => {
      seq += 1
      const body = bodyOf({
        ...this.#actor,
        seq,
        at,
        action: draft.action,
        key: draft.key,
        subject: publicText(draft.subject),
        reason: reasonOf(draft.reason),
        result: draft.result,
        code: draft.code ?? null,
        begun: draft.begun ?? null,
        previous: hash,
      })
      hash = hashOf(body)
      insert.run(seq, body, hash)
      return seq
    })
  }
}

/** The usual subject, of which nothing has to be taken out. */
const PUBLIC_KEY = /^[OAU][A-Z2-7]{55}$/

/** A reason is typed by people, who paste; an entry can't be taken back. */
function publicText(text: string): string {
  if (PUBLIC_KEY.test(text)) return text
  return redact(text).slice(0, MAX_TEXT_CHARS)
}

function requireReason(reason: string): string {
  if (reason.trim() !== '') return reason
  throw new InternalError({
    code: 'AUDIT_REASON',
    message: 'A key was to be used without a reason for the audit log, so it was not used.',
    advice: 'Give a reason where one is asked for. If none was, report this.',
  })
}
