import type { DrivesSnapshot } from '#shared/contract/bundles.ts'
import { LIVE, useLive } from '../../../lib/live/use-live.ts'
import { useStream, type LiveSource } from '../../../lib/live/use-stream.ts'

export type DrivesState = Omit<DrivesSnapshot, 'type'>

const source: LiveSource<DrivesSnapshot, DrivesState> = {
  key: [LIVE, 'drives'],
  open: (client, signal) => client.bundles.watchDrives(undefined, { signal }),
  reduce: (_state, { drives, problem }) => ({ drives, problem }),
}

/** Follows removable drives for as long as the component is there; main looks only while somebody does. */
export function useDrives(): DrivesState | undefined {
  useStream(source)
  return useKnownDrives()
}

/** What the last look at the drives showed. */
export function useKnownDrives(): DrivesState | undefined {
  return useLive<DrivesState>(source.key)
}
