import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query'
import { useApi } from '../connection/api-context.ts'

/** Folders that go on from `typed`, while `asked`; those before stand until the next are known. */
export function usePathCompletion(typed: string, asked: boolean) {
  const { queries } = useApi()
  return useQuery(
    queries.paths.complete.queryOptions({
      input: { typed },
      enabled: asked && /^\s*(?:[/\\~]|[A-Za-z]:)/u.test(typed),
      placeholderData: keepPreviousData,
      // Folders come and go beside Muster.
      staleTime: 0,
      gcTime: 0,
      retry: false,
    }),
  )
}

/** Whether the host can ask for a path with a dialog of the system. */
export function useHasPathDialog(): boolean {
  const { queries } = useApi()
  return useQuery(queries.paths.ways.queryOptions({ staleTime: Infinity })).data?.dialog ?? false
}

/** Asks for a path with the system's dialog. */
export function useChoosePath() {
  const { queries } = useApi()
  return useMutation(queries.paths.choose.mutationOptions())
}
