import type { RenewalItemState } from '#shared/contract/renewal.ts'
import { problemOf } from '#shared/problem-of.ts'
import { orAborted } from '../steps/or-aborted.ts'
import { renewOne, takeUpOne, type RenewalTools } from './renew-one.ts'
import { stoppedByItself } from './renewal-errors.ts'
import type { ItemRecord, JobRecord } from './renewal-store.ts'

/** Devices in a row that may stay away before a job stops by itself. */
const MOST_MISSING_IN_A_ROW = 3

export interface JobRunnerOptions extends RenewalTools {
  /** Resolves once credentials can be issued and handed over. */
  readonly whenReady: (signal: AbortSignal) => Promise<void>
  /** Waits; rejects with the signal's reason when it aborts. */
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>
  readonly onChange: (jobId: string) => void
  readonly onEnded: (item: ItemRecord, state: RenewalItemState) => void
}

type Launch = (item: ItemRecord, work: Promise<RenewalItemState>) => void

/**
 * Runs jobs: each item at its time, at most so many at once. Everything that it knows stands in the store,
 * so that it goes on from there whenever it is run again.
 */
export class JobRunner {
  readonly #options: JobRunnerOptions
  /** Aborted to have a job looked at again. */
  readonly #wakes = new Map<string, AbortController>()

  constructor(options: JobRunnerOptions) {
    this.#options = options
  }

  /**
   * Runs a job to its end, from wherever it is.
   * @throws the signal's reason; it can then be run again.
   */
  async run(jobId: string, signal: AbortSignal): Promise<void> {
    const running = new Set<Promise<void>>()
    const failed = Promise.withResolvers<never>()
    // Somebody hears of it below; where nothing waits any more it is no unhandled rejection.
    failed.promise.catch(() => undefined)
    const missing = { inARow: 0 }
    const launch: Launch = (item, work) => {
      const ended = work
        .then((state) => this.#onEnded(item, state, missing))
        .catch((error: unknown) => failed.reject(error))
        .finally(() => running.delete(ended))
      running.add(ended)
    }
    try {
      await this.#takeUp(jobId, signal, launch)
      await this.#launchAll(jobId, running, failed.promise, launch, signal)
      await Promise.race([Promise.all(running), failed.promise])
    } finally {
      await Promise.all(running)
      this.#wakes.delete(jobId)
    }
    signal.throwIfAborted()
    this.#finish(jobId)
  }

  /** Lets nothing more of a job begin. What is under way ends by itself. */
  cancel(jobId: string): void {
    const { store, now } = this.#options
    if (store.job(jobId)?.state !== 'running') return
    store.changeJob(jobId, { state: 'cancelling' })
    store.cancelWaiting(jobId, now())
    this.#wake(jobId)
  }

  async #takeUp(jobId: string, signal: AbortSignal, launch: Launch): Promise<void> {
    const { store, now, whenReady } = this.#options
    const job = store.job(jobId)
    if (job === undefined) return
    const begun = store.begun(jobId)
    if (begun.length > 0) await whenReady(signal)
    for (const item of begun) launch(item, takeUpOne(this.#options, job, item, signal))
    const lateMs = now().getTime() - (store.nextWaiting(jobId)?.starts_at ?? Infinity)
    if (lateMs > 0 && job.spread_minutes > 0) store.putOff(jobId, lateMs)
  }

  async #launchAll(
    jobId: string,
    running: ReadonlySet<Promise<void>>,
    failed: Promise<never>,
    launch: Launch,
    signal: AbortSignal,
  ): Promise<void> {
    for (;;) {
      signal.throwIfAborted()
      const wake = new AbortController()
      this.#wakes.set(jobId, wake)
      const next = this.#next(jobId)
      if (next === undefined) return
      const { job, item } = next
      if (running.size >= job.at_once) {
        await Promise.race([...running, failed])
        continue
      }
      const either = AbortSignal.any([signal, wake.signal])
      try {
        await this.#due(item, either)
        await orAborted(this.#options.whenReady(either), either)
      } catch (error) {
        if (wake.signal.aborted && !signal.aborted) continue
        throw error
      }
      launch(item, renewOne(this.#options, job, item, signal))
      this.#options.onChange(jobId)
    }
  }

  #next(jobId: string): { readonly job: JobRecord; readonly item: ItemRecord } | undefined {
    const { store } = this.#options
    const job = store.job(jobId)
    const item = store.nextWaiting(jobId)
    return job?.state === 'running' && item !== undefined ? { job, item } : undefined
  }

  async #due(item: ItemRecord, signal: AbortSignal): Promise<void> {
    const { now, pause } = this.#options
    const waitMs = item.starts_at - now().getTime()
    if (waitMs > 0) await pause(waitMs, signal)
  }

  #onEnded(item: ItemRecord, state: RenewalItemState, missing: { inARow: number }): void {
    const { store, now, onChange, onEnded } = this.#options
    const { job_id: jobId } = item
    if (state === 'rolled-back') missing.inARow += 1
    else if (state === 'renewed') missing.inARow = 0
    if (missing.inARow >= MOST_MISSING_IN_A_ROW && store.job(jobId)?.state === 'running') {
      const problem = problemOf(stoppedByItself(missing.inARow))
      if (store.nextWaiting(jobId) !== undefined) {
        store.changeJob(jobId, { state: 'stopped', problem })
        store.cancelWaiting(jobId, now())
        this.#wake(jobId)
      }
    }
    onEnded(item, state)
    onChange(jobId)
  }

  #finish(jobId: string): void {
    const { store, now, onChange } = this.#options
    const state = store.job(jobId)?.state
    const ended = state === 'running' ? 'done' : state === 'cancelling' ? 'cancelled' : state
    if (ended !== undefined) store.changeJob(jobId, { state: ended, ended_at: now().getTime() })
    onChange(jobId)
  }

  #wake(jobId: string): void {
    this.#wakes.get(jobId)?.abort()
  }
}
