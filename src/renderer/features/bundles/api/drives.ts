import { useEffect } from 'react'
import { useQueryClient } from '@tanstack/react-query'
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
  const cache = useQueryClient()
  useStream(source)
  // What was plugged in then must not be offered when the next one begins to look.
  useEffect(() => () => void cache.setQueryData<DrivesState | null>(source.key, null), [cache])
  return useKnownDrives()
}

/** The drives where somebody follows them; undefined before the first look, and where nobody does. */
export function useKnownDrives(): DrivesState | undefined {
  return useLive<DrivesState | null>(source.key) ?? undefined
}
