import type { CommissioningJob, CommissioningUpdate } from '#shared/contract/commissioning.ts'
import { LIVE, useLive } from './use-live.ts'
import { useStream, type LiveSource } from './use-stream.ts'

export type JobsState = ReadonlyMap<string, CommissioningJob>

/** The jobs after `update`, by id, oldest first. */
export function reduceJobs(
  state: JobsState | undefined,
  update: CommissioningUpdate,
): JobsState | undefined {
  if (update.type === 'snapshot') return new Map(update.jobs.map((job) => [job.id, job]))
  if (state === undefined) return undefined
  return new Map(state).set(update.job.id, update.job)
}

const source: LiveSource<CommissioningUpdate, JobsState> = {
  key: [LIVE, 'commissioning'],
  open: (client, signal) => client.commissioning.watch(undefined, { signal }),
  reduce: reduceJobs,
}

export const jobsKey = source.key

export function useCommissioningStream(): void {
  useStream(source)
}

/** The commissioning jobs since Muster started; undefined until main told them. */
export function useJobs(): JobsState | undefined {
  return useLive<JobsState>(source.key)
}
