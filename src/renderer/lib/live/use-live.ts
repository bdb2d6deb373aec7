import { skipToken, useQuery, type QueryKey } from '@tanstack/react-query'

/** First part of the key of everything that streams write; such entries are never refetched. */
export const LIVE = 'live'

/**
 * The state that a stream keeps at `key`, or a part of it; undefined until its snapshot came.
 * `select` should be stable, or every render computes the part again.
 */
export function useLive<State, Part = State>(
  key: QueryKey,
  select?: (state: State) => Part,
): Part | undefined {
  const { data } = useQuery<State, Error, Part>({
    queryKey: key,
    queryFn: skipToken,
    staleTime: Infinity,
    gcTime: Infinity,
    // States are replaced as a whole; comparing 100,000 devices deeply would cost more.
    structuralSharing: false,
    ...(select === undefined ? {} : { select }),
  })
  return data
}
