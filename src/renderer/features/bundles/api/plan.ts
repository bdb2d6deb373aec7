import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useDebouncedValue } from '@mantine/hooks'
import type { BundleChoice, BundleKind } from '#shared/contract/bundles.ts'
import { useApi } from '../../../lib/connection/api-context.ts'

const TYPING_PAUSE_MS = 250

/** What a choice comes to; asked for once the typing stops. */
export function useBundlePlan(choice: BundleChoice) {
  const { queries } = useApi()
  const [settled] = useDebouncedValue(choice, TYPING_PAUSE_MS)
  return useQuery(
    queries.bundles.plan.queryOptions({
      input: settled,
      enabled: settled.tenant !== '',
      placeholderData: keepPreviousData,
      staleTime: 0,
      retry: false,
    }),
  )
}

/** Addresses under which the receiving side may reach the mesh. */
export function useHosts(kind: BundleKind) {
  const { queries } = useApi()
  return useQuery(
    queries.bundles.hosts.queryOptions({ input: { kind }, staleTime: 0, retry: false }),
  )
}

/** Whether an address answers. */
export function useHostCheck(url: string) {
  const { queries } = useApi()
  const [settled] = useDebouncedValue(url.trim(), TYPING_PAUSE_MS)
  return useQuery(
    queries.bundles.checkHost.queryOptions({
      input: { url: settled },
      enabled: settled !== '',
      staleTime: 30_000,
      retry: false,
    }),
  )
}

/** What a folder is like: copied elsewhere, full, not there. */
export function useFolderCheck(path: string) {
  const { queries } = useApi()
  const [settled] = useDebouncedValue(path.trim(), TYPING_PAUSE_MS)
  return useQuery(
    queries.bundles.checkFolder.queryOptions({
      input: { path: settled },
      enabled: settled !== '',
      staleTime: 0,
      retry: false,
    }),
  )
}
