import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { RenewalJob } from '#shared/contract/renewal.ts'
import { useApi } from '../../../lib/connection/api-context.ts'

/** The outcome of a job as text. */
export function useReport({ id, state, counts }: RenewalJob) {
  const { client } = useApi()
  return useQuery({
    queryKey: ['renewal-report', id, state, counts],
    queryFn: ({ signal }) => client.renewal.report({ jobId: id }, { signal }),
    placeholderData: keepPreviousData,
  })
}
