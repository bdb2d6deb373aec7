import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { CommissioningJob, CommissioningRequest } from '#shared/contract/commissioning.ts'
import { useApi } from '../../../lib/connection/api-context.ts'
import { jobsKey, type JobsState } from '../../../lib/live/commissioning.ts'

/** Starts the job that `read` describes; it is asked at the moment of use only. */
export function useStartCommissioning(read: () => CommissioningRequest) {
  const { client } = useApi()
  const cache = useQueryClient()
  // The PIN is no variable of the mutation: those stay in memory after it.
  return useMutation({
    mutationFn: () => client.commissioning.start(read()),
    onSuccess: (job: CommissioningJob) => {
      // The stream may have told of a later state of this job already.
      cache.setQueryData<JobsState>(jobsKey, (jobs) =>
        jobs === undefined || jobs.has(job.id) ? jobs : new Map(jobs).set(job.id, job),
      )
    },
  })
}
