import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AuditBreakKind } from '#shared/contract/audit.ts'
import { entryOf, hashOf, NO_PREVIOUS_HASH } from './audit-entry.ts'
import type { AuditHead } from './audit-trail.ts'

/** Entries read in one go; between two goes everything else gets its turn. */
const ENTRIES_PER_TURN = 250

/** A log that was rewritten from end to end needs no list of thousands. */
const MAX_BREAKS = 100

/** A place where the log is not what it was. */
export interface ChainBreak {
  readonly kind: AuditBreakKind
  /** First entry concerned, and the last one where several are missing. */
  readonly seq: number
  readonly last: number
  /** Names this very break: another change at the same place has another. */
  readonly id: string
}

export interface ChainCheck {
  /** First entry that was checked; 1 for the whole log. */
  readonly from: number
  /** Newest entry that was seen. */
  readonly head: AuditHead
  readonly breaks: readonly ChainBreak[]
}

export interface ChainCheckOptions {
  readonly from: number
  /** Undefined where the keychain remembers nothing; then a cut at the end can't be seen. */
  readonly remembered: AuditHead | undefined
  /** Hears the number of the entry reached. */
  readonly onProgress?: (seq: number) => void
}

interface StoredEntry {
  readonly seq: number
  readonly body: string
  readonly hash: string
}

/**
 * Reads the log from an entry to its end and looks for places where it was changed: each text must
 * give the hash beside it, name the hash before it, and have the next number; and the entry that the
 * keychain remembers must be there as it was.
 * @throws the reason of the signal.
 */
export async function checkChain(
  database: DatabaseSync,
  options: ChainCheckOptions,
  signal: AbortSignal,
): Promise<ChainCheck> {
  const { remembered, onProgress = () => undefined } = options
  const from = Math.max(1, options.from)
  const walk = new Walk(from, remembered)
  for (;;) {
    const page = readEntries(database, walk.head.seq, from)
    for (const entry of page) walk.step(entry)
    onProgress(walk.head.seq)
    if (page.length < ENTRIES_PER_TURN) break
    await nextTurn()
    signal.throwIfAborted()
  }
  return { from, ...walk.end(newestNumber(database)) }
}

class Walk {
  readonly #from: number
  readonly #remembered: AuditHead | undefined
  readonly #breaks: ChainBreak[] = []
  #before: StoredEntry | undefined

  constructor(from: number, remembered: AuditHead | undefined) {
    this.#from = from
    this.#remembered = remembered
  }

  get head(): AuditHead {
    return this.#before ?? { seq: 0, hash: NO_PREVIOUS_HASH }
  }

  step(stored: StoredEntry): void {
    const { seq, body, hash } = stored
    const expected = this.#before === undefined ? this.#from : this.#before.seq + 1
    if (seq > expected) this.#add('missing', expected, seq - 1, hash)
    const entry = entryOf(body)
    if (entry === undefined || entry.seq !== seq || hashOf(body) !== hash) {
      this.#add('altered', seq, seq, hashOf(body))
    } else if (seq === expected && entry.previous !== this.#previousHash(entry.previous)) {
      this.#add('unlinked', seq, seq, hash)
    }
    if (seq === this.#remembered?.seq && hash !== this.#remembered.hash) {
      this.#add('replaced', seq, seq, this.#remembered.hash)
    }
    this.#before = stored
  }

  /** @param newest Number of the newest entry, which a partial check may not reach. */
  end(newest: number): Pick<ChainCheck, 'head' | 'breaks'> {
    const remembered = this.#remembered
    if (remembered !== undefined && remembered.seq > newest) {
      this.#add('cut', newest + 1, remembered.seq, remembered.hash)
    }
    return { head: this.head, breaks: this.#breaks }
  }

  /** What an entry must name; for the first of a partial check there is nothing to compare with. */
  #previousHash(named: string): string {
    if (this.#before !== undefined) return this.#before.hash
    return this.#from === 1 ? NO_PREVIOUS_HASH : named
  }

  #add(kind: AuditBreakKind, seq: number, last: number, evidence: string): void {
    if (this.#breaks.length >= MAX_BREAKS) return
    this.#breaks.push({ kind, seq, last, id: `${kind}-${seq}-${evidence.slice(0, 16)}` })
  }
}

function newestNumber(database: DatabaseSync): number {
  const row = database.prepare('SELECT max(seq) AS newest FROM audit_entries').get()
  return Number(row?.['newest'] ?? 0)
}

function readEntries(database: DatabaseSync, after: number, from: number): StoredEntry[] {
  // Only what is stored: a column that is worked out would choke on a text that is not JSON.
  return database
    .prepare(
      'SELECT seq, body, hash FROM audit_entries WHERE seq > ? AND seq >= ? ORDER BY seq LIMIT ?',
    )
    .all(after, from, ENTRIES_PER_TURN)
    .map((row) => ({
      seq: Number(row['seq']),
      body: String(row['body']),
      hash: String(row['hash']),
    }))
}
