import { useMutation } from '@tanstack/react-query'
import type { Batch } from '#shared/contract/tenants.ts'
import { useApi } from '../../../lib/connection/api-context.ts'
import { LIVE, useLive } from '../../../lib/live/use-live.ts'
import { useStream, type LiveSource } from '../../../lib/live/use-stream.ts'

const source: LiveSource<{ type: 'snapshot'; batch: Batch | null }, { batch: Batch | null }> = {
  key: [LIVE, 'tenant-batch'],
  open: (client, signal) => client.tenants.watchBatch(undefined, { signal }),
  reduce: (_state, { batch }) => ({ batch }),
}

export function useBatchStream(): void {
  useStream(source)
}

/** The batch that runs, waits or ended last; null for none, undefined until main told. */
export function useBatch(): Batch | null | undefined {
  return useLive<{ batch: Batch | null }>(source.key)?.batch
}

export function useCheckBatch() {
  const { queries } = useApi()
  return useMutation(queries.tenants.checkBatch.mutationOptions())
}

export function useStartBatch() {
  const { queries } = useApi()
  return useMutation(queries.tenants.startBatch.mutationOptions())
}

export function useCancelBatch() {
  const { queries } = useApi()
  return useMutation(queries.tenants.cancelBatch.mutationOptions())
}

export function useResumeBatch() {
  const { queries } = useApi()
  return useMutation(queries.tenants.resumeBatch.mutationOptions())
}

export function useDiscardBatch() {
  const { queries } = useApi()
  return useMutation(queries.tenants.discardBatch.mutationOptions())
}

export function useBatchReport() {
  const { queries } = useApi()
  return useMutation(queries.tenants.batchReport.mutationOptions())
}
