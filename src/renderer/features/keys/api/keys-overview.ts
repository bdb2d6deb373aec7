import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'
import { useUnfinished } from '../../../lib/live/procedures.ts'

/** Operator and accounts with their keys; asked again whenever a procedure moved. */
export function useKeysOverview() {
  const { client, queries } = useApi()
  const moved = useUnfinished()?.map(({ id, changedAt }) => `${id} ${changedAt}`) ?? []
  return useQuery({
    queryKey: [...queries.keys.overview.queryKey(), moved.join(' ')],
    queryFn: ({ signal }) => client.keys.overview(undefined, { signal }),
    placeholderData: keepPreviousData,
    staleTime: 0,
  })
}
