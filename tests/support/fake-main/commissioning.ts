import type {
  CommissioningJob,
  CommissioningRequest,
  CommissioningUpdate,
} from '#shared/contract/commissioning.ts'
import type { Problem } from '#shared/contract/common.ts'
import type { DiscoveredDevice } from '#shared/contract/discovery.ts'
import { PROBLEMS } from './problems.ts'
import { Topic } from './topic.ts'

const STEPS = ['info', 'issue', 'deliver', 'online'] as const
const STEP_MS = { info: 180, issue: 40, deliver: 1_300, online: 900 } as const

/** What the fake device makes of a PIN; every other one is right. */
const OUTCOMES: Readonly<Record<string, Problem>> = {
  '00000000': PROBLEMS.pinRejected,
  '11111111': PROBLEMS.locked,
  '22222222': PROBLEMS.unreachable,
}
/** With this PIN the device takes its credential and never connects. */
const NEVER_ONLINE = '33333333'

/** Jobs that run by the clock and end as the PIN says. */
export class FakeCommissioning {
  readonly jobs = new Map<string, CommissioningJob>()
  readonly updates = new Topic<CommissioningUpdate>(() => ({
    type: 'snapshot',
    jobs: [...this.jobs.values()],
  }))
  readonly #onDone: (job: CommissioningJob) => void
  readonly #timers = new Set<NodeJS.Timeout>()
  #next = 1

  constructor(onDone: (job: CommissioningJob) => void) {
    this.#onDone = onDone
  }

  start(request: CommissioningRequest, device: DiscoveredDevice): CommissioningJob {
    const job: CommissioningJob = {
      id: `job-${this.#next++}`,
      key: request.key,
      deviceId: device.deviceId,
      deviceType: device.deviceType,
      tenant: request.tenant,
      fingerprint: 'UBX4-KQ2M-7TRA-P9ZW',
      state: 'running',
      steps: STEPS.map((name) => ({ name, state: 'waiting', durationMs: null, problem: null })),
      problem: null,
      onlineDeadline: new Date(Date.now() + 30 * 60_000).toISOString(),
      startedAt: new Date().toISOString(),
      endedAt: null,
    }
    this.#put(job)
    this.#runStep(job.id, 0, request.pin)
    return job
  }

  cancel(id: string): CommissioningJob {
    const job = this.#job(id)
    const steps = job.steps.map((step) => ({
      ...step,
      state: step.state === 'done' ? ('undone' as const) : ('waiting' as const),
    }))
    return this.#put({ ...job, steps, state: 'cancelled', endedAt: new Date().toISOString() })
  }

  /** A job that has ended already, for lists. */
  addPast(
    device: DiscoveredDevice,
    state: 'done' | 'failed' | 'cancelled',
    minutesAgo: number,
  ): void {
    const at = new Date(Date.now() - minutesAgo * 60_000)
    this.#put({
      id: `job-${this.#next++}`,
      key: `past:${device.key}`,
      deviceId: device.deviceId.replace(/\d+$/u, '9$&'),
      deviceType: device.deviceType,
      tenant: 'north-farm',
      fingerprint: null,
      state,
      steps: STEPS.map((name) => ({
        name,
        state: 'done',
        durationMs: STEP_MS[name],
        problem: null,
      })),
      problem: state === 'failed' ? PROBLEMS.pinRejected : null,
      onlineDeadline: null,
      startedAt: at.toISOString(),
      endedAt: new Date(at.getTime() + 2_400).toISOString(),
    })
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
  }

  #runStep(id: string, index: number, pin: string): void {
    const job = this.#job(id)
    const name = STEPS[index]
    if (job.state !== 'running') return
    if (name === undefined) {
      const done = this.#put({ ...job, state: 'done', endedAt: new Date().toISOString() })
      return this.#onDone(done)
    }
    this.#setStep(id, index, 'running')
    if (name === 'online' && pin === NEVER_ONLINE) return
    this.#after(STEP_MS[name], () => {
      const problem = name === 'deliver' ? OUTCOMES[pin] : undefined
      if (this.#job(id).state !== 'running') return
      if (problem !== undefined) return this.#fail(id, index, problem)
      this.#setStep(id, index, 'done')
      this.#runStep(id, index + 1, pin)
    })
  }

  #fail(id: string, index: number, problem: Problem): void {
    const job = this.#job(id)
    const steps = job.steps.map((step, at) => {
      if (at === index)
        return { ...step, state: 'failed' as const, durationMs: STEP_MS.deliver, problem }
      return step.name === 'issue' ? { ...step, state: 'undone' as const } : step
    })
    this.#put({ ...job, steps, state: 'failed', problem, endedAt: new Date().toISOString() })
  }

  #setStep(id: string, index: number, state: 'running' | 'done'): void {
    const job = this.#job(id)
    const steps = job.steps.map((step, at) =>
      at === index
        ? { ...step, state, durationMs: state === 'done' ? STEP_MS[step.name] : null }
        : step,
    )
    this.#put({ ...job, steps })
  }

  #job(id: string): CommissioningJob {
    const job = this.jobs.get(id)
    if (job === undefined) throw new Error(`no job ${id}`)
    return job
  }

  #put(job: CommissioningJob): CommissioningJob {
    this.jobs.set(job.id, job)
    this.updates.emit({ type: 'changed', job })
    return job
  }

  #after(milliseconds: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      run()
    }, milliseconds)
    this.#timers.add(timer)
  }
}
