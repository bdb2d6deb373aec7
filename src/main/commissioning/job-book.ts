import { randomUUID } from 'node:crypto'
import type {
  CommissioningJob,
  CommissioningStep,
  CommissioningUpdate,
} from '#shared/contract/commissioning.ts'
import type { MusterError } from '#shared/errors.ts'
import { problemOf } from '#shared/problem-of.ts'
import type { StepReport } from '../steps/run-steps.ts'
import { jobUnknown, tooManyJobs } from './commissioning-errors.ts'

const MAX_JOBS = 500

export type StepName = CommissioningStep['name']
const STEP_NAMES: readonly StepName[] = ['info', 'issue', 'deliver', 'online']

/** The jobs since the app started, newest 500, and whoever watches them. In memory only. */
export class JobBook {
  private readonly jobs = new Map<string, CommissioningJob>()
  private readonly listeners = new Set<(update: CommissioningUpdate) => void>()
  private readonly now: () => Date

  constructor(now: () => Date) {
    this.now = now
  }

  /**
   * Opens a job with all its steps waiting.
   * @throws RejectedError `COMMISSIONING_LIMIT` where 500 are running.
   */
  open(
    facts: Pick<CommissioningJob, 'key' | 'deviceId' | 'deviceType' | 'tenant' | 'fingerprint'>,
  ): CommissioningJob {
    this.makeRoom()
    const job: CommissioningJob = {
      id: randomUUID(),
      ...facts,
      state: 'running',
      steps: STEP_NAMES.map((name) => ({
        name,
        state: 'waiting',
        durationMs: null,
        problem: null,
      })),
      problem: null,
      onlineDeadline: null,
      startedAt: this.now().toISOString(),
      endedAt: null,
    }
    return this.put(job)
  }

  /** @throws RejectedError `COMMISSIONING_UNKNOWN`. */
  get(id: string): CommissioningJob {
    const job = this.jobs.get(id)
    if (job === undefined) throw jobUnknown()
    return job
  }

  running(): readonly CommissioningJob[] {
    return [...this.jobs.values()].filter(({ state }) => state === 'running')
  }

  change(id: string, change: Partial<CommissioningJob>): CommissioningJob {
    return this.put({ ...this.get(id), ...change })
  }

  /** Takes in what the step runner reports. */
  report(id: string, { step, state, durationMs, error }: StepReport): void {
    this.changeStep(id, step, (before) => ({
      ...before,
      state,
      // The time of the step itself, not of its undoing.
      durationMs: state === 'done' || state === 'failed' ? (durationMs ?? null) : before.durationMs,
      problem: error === undefined ? before.problem : problemOf(error),
    }))
  }

  /** A remark beside a step that did not fail; undefined takes it away. */
  remark(id: string, step: StepName, remark: MusterError | undefined): void {
    const problem = remark === undefined ? null : problemOf(remark)
    this.changeStep(id, step, (before) => ({ ...before, problem }))
  }

  close(id: string, state: 'done' | 'failed' | 'cancelled', error?: MusterError): CommissioningJob {
    return this.change(id, {
      state,
      problem: error === undefined ? null : problemOf(error),
      endedAt: this.now().toISOString(),
    })
  }

  readonly subscribe = (listener: (update: CommissioningUpdate) => void): (() => void) => {
    this.listeners.add(listener)
    listener({ type: 'snapshot', jobs: [...this.jobs.values()] })
    return () => void this.listeners.delete(listener)
  }

  private changeStep(
    id: string,
    name: string,
    change: (step: CommissioningStep) => CommissioningStep,
  ): void {
    const { steps } = this.get(id)
    this.change(id, { steps: steps.map((step) => (step.name === name ? change(step) : step)) })
  }

  private put(job: CommissioningJob): CommissioningJob {
    this.jobs.set(job.id, job)
    for (const listener of this.listeners) listener({ type: 'changed', job })
    return job
  }

  private makeRoom(): void {
    if (this.jobs.size < MAX_JOBS) return
    const oldest = [...this.jobs.values()].find(({ state }) => state !== 'running')
    if (oldest === undefined) throw tooManyJobs(MAX_JOBS)
    this.jobs.delete(oldest.id)
  }
}
