import { useQuery } from '@tanstack/react-query'
import type { RenewalItemState, RenewalJob } from '#shared/contract/renewal.ts'
import { useApi } from '../../../lib/connection/api-context.ts'
import { isOpen } from '../renewal-words.ts'

const LEFT: RenewalItemState[] = ['failed', 'rolled-back', 'cancelled']
const PAGE = 500

/** Credentials that a job which has ended left as they were; undefined until they came. */
export function useLeft(job: RenewalJob): readonly string[] | undefined {
  const { client } = useApi()
  const { data } = useQuery({
    queryKey: ['renewal-left', job.id, job.counts],
    enabled: !isOpen(job),
    queryFn: async ({ signal }) => {
      const ids: string[] = []
      for (let total = 1; ids.length < total;) {
        const asked = { jobId: job.id, states: LEFT, offset: ids.length, limit: PAGE }
        const page = await client.renewal.items(asked, { signal })
        if (page.rows.length === 0) break
        ids.push(...page.rows.map(({ credentialId }) => credentialId))
        total = page.total
      }
      return ids
    },
  })
  return data
}
