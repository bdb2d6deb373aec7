import type { ExpirySummary } from '#shared/contract/renewal.ts'
import type { ComponentReport } from '../health/health-service.ts'
import type { ExpiryCounts, ExpiryStore } from './expiry-store.ts'

/** Least time between two countings while the ledger changes. */
const RECOUNT_PAUSE_MS = 250
/** A large ledger takes a while to count, and gets that many times as long a pause. */
const RECOUNT_COST_FACTOR = 20
/** Longest wait for a moment to come: the clock may be set meanwhile. */
const LONGEST_WAIT_MS = 60 * 60 * 1000

export interface ExpiryMonitorOptions {
  readonly store: ExpiryStore
  readonly ledger: { subscribe(listener: () => void): () => void }
  readonly report: (report: ComponentReport) => void
  readonly now: () => Date
  /** Runs `task` once after `delayMs`; returns how to call that off. */
  readonly after?: (delayMs: number, task: () => void) => () => void
}

/** Counts what expires, again whenever the ledger changes or the time comes for one of its entries. */
export class ExpiryMonitor {
  readonly #options: ExpiryMonitorOptions
  readonly #after: (delayMs: number, task: () => void) => () => void
  readonly #listeners = new Set<(summary: ExpirySummary) => void>()
  readonly #unsubscribe: () => void
  #summary: ExpirySummary = { total: 0, due: 0, expired: 0, revision: 0 }
  #cancelTimer: () => void = () => undefined
  #pauseMs = RECOUNT_PAUSE_MS
  #isRecountDue = false
  #isClosed = false

  constructor(options: ExpiryMonitorOptions) {
    this.#options = options
    this.#after = options.after ?? afterUnreferenced
    this.#unsubscribe = options.ledger.subscribe(() => this.changed())
    this.#recount()
  }

  get summary(): ExpirySummary {
    return this.#summary
  }

  /** Something that calendar or lists show has changed. */
  changed(): void {
    // Work that a close cut off still tells of its end.
    if (this.#isRecountDue || this.#isClosed) return
    this.#isRecountDue = true
    this.#cancelTimer()
    this.#cancelTimer = this.#after(this.#pauseMs, () => this.#recount())
  }

  subscribe(listener: (summary: ExpirySummary) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  close(): void {
    this.#isClosed = true
    this.#unsubscribe()
    this.#cancelTimer()
    this.#listeners.clear()
  }

  #recount(): void {
    const { store, now, report } = this.#options
    this.#isRecountDue = false
    const beganAt = performance.now()
    const at = now()
    const counts = store.counts(null, at)
    const next = store.nextChange(at)
    const costMs = performance.now() - beganAt
    this.#pauseMs = Math.max(RECOUNT_PAUSE_MS, Math.ceil(costMs * RECOUNT_COST_FACTOR))
    const { total, due, expired } = counts
    this.#summary = { total, due, expired, revision: this.#summary.revision + 1 }
    report(reportOf(counts))
    for (const listener of this.#listeners) listener(this.#summary)
    if (next === undefined) return
    const waitMs = Math.min(Math.max(1, next.getTime() - at.getTime()), LONGEST_WAIT_MS)
    this.#cancelTimer = this.#after(waitMs, () => this.#recount())
  }
}

function reportOf({ total, due, expiredLately }: ExpiryCounts): ComponentReport {
  if (due === 0 && expiredLately === 0) {
    return {
      state: 'ok',
      summary: total === 0 ? 'None issued yet.' : `${total} in force, none is close to its end.`,
    }
  }
  const parts = [
    ...(due === 0 ? [] : [`${due} past 80 % of ${due === 1 ? 'its' : 'their'} lifetime`]),
    ...(expiredLately === 0 ? [] : [`${expiredLately} expired`]),
  ]
  return {
    state: 'degraded',
    summary: `${parts.join(', ')}.`,
    problem: {
      code: 'CREDENTIALS_EXPIRE',
      kind: 'rejected',
      message: `Of ${total} credentials ${parts.join(' and ')}. A device whose credential expires is cut off.`,
      advice: 'Renew them under Credentials, Expiry. Revoke those that nobody needs any more.',
      details: { due, expired: expiredLately },
    },
  }
}

function afterUnreferenced(delayMs: number, task: () => void): () => void {
  const timer = setTimeout(task, delayMs)
  timer.unref()
  return () => clearTimeout(timer)
}
