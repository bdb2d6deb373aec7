import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { RenewalJob } from '#shared/contract/renewal.ts'
import { isOpen } from '../renewal-words.ts'
import { useApi } from '../../../lib/connection/api-context.ts'

/** The outcome of a job that has ended as text. */
export function useReport(job: RenewalJob) {
  const { client } = useApi()
  const { id, state, counts } = job
  return useQuery({
    queryKey: ['renewal-report', id, state, counts],
    queryFn: ({ signal }) => client.renewal.report({ jobId: id }, { signal }),
    placeholderData: keepPreviousData,
    enabled: !isOpen(job),
  })
}
