import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'
import { receiveFile } from '../../../lib/files/receive-file.ts'

/** Saves what was commissioned here in the last days. */
export function useExportResults() {
  const { client } = useApi()
  return useMutation({
    mutationFn: (days: number) => client.bundles.exportResults({ days }),
    onSuccess: receiveFile,
  })
}

/** What is in a file of results, and what of it is new here. */
export function useLookAtResults() {
  const { client } = useApi()
  return useMutation({ mutationFn: (path: string) => client.bundles.lookAtResults({ path }) })
}

/** Puts what is new into the ledger. */
export function useTakeResults() {
  const { client } = useApi()
  return useMutation({
    mutationFn: (results: { path: string; id: string }) => client.bundles.takeResults(results),
  })
}
