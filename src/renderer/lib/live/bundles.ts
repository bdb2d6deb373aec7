import type { BundlesSnapshot } from '#shared/contract/bundles.ts'
import { LIVE, useLive } from './use-live.ts'
import { useStream, type LiveSource } from './use-stream.ts'

export type BundlesState = Omit<BundlesSnapshot, 'type'>

const source: LiveSource<BundlesSnapshot, BundlesState> = {
  key: [LIVE, 'bundles'],
  open: (client, signal) => client.bundles.watch(undefined, { signal }),
  reduce: (_state, { job, receipts, people }) => ({ job, receipts, people }),
}

export function useBundlesStream(): void {
  useStream(source)
}

/** The bundle under way, receipts and the address book; undefined until main told them. */
export function useBundles(): BundlesState | undefined {
  return useLive<BundlesState>(source.key)
}
