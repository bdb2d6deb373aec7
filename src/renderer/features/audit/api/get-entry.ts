import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'
import { EVERYTHING } from '../audit-words.ts'

/** One entry by its number; null where the log does not have it. It never changes. */
export function useEntry(seq: number) {
  const { client } = useApi()
  return useQuery({
    queryKey: ['audit', 'entry', seq],
    queryFn: async ({ signal }) => {
      const query = { filter: { ...EVERYTHING, beginnings: true }, before: seq + 1, limit: 1 }
      const { lines } = await client.audit.list(query, { signal })
      return lines.find((line) => line.seq === seq) ?? null
    },
  })
}
