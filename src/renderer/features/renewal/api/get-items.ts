import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { RenewalItemState, RenewalJob } from '#shared/contract/renewal.ts'
import { isOpen } from '../renewal-words.ts'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Outcomes that are shown; all of them stand in the text that can be copied. */
const SHOWN = 500
const REFRESH_MS = 1_000

/** The credentials of a job, asked for again every second while it goes on. */
export function useItems(job: RenewalJob, states: readonly RenewalItemState[] | null) {
  const { client } = useApi()
  const asked = {
    jobId: job.id,
    states: states === null ? null : [...states],
    offset: 0,
    limit: SHOWN,
  }
  return useQuery({
    queryKey: ['renewal-items', asked, isOpen(job) ? null : job.counts],
    refetchInterval: isOpen(job) ? REFRESH_MS : false,
    queryFn: ({ signal }) => client.renewal.items(asked, { signal }),
    placeholderData: keepPreviousData,
  })
}
