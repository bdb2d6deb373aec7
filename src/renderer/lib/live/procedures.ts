import type { KeysUpdate, UnfinishedProcedure } from '#shared/contract/keys.ts'
import { LIVE, useLive } from './use-live.ts'
import { useStream, type LiveSource } from './use-stream.ts'

type State = readonly UnfinishedProcedure[]

const source: LiveSource<KeysUpdate, State> = {
  key: [LIVE, 'procedures'],
  open: (client, signal) => client.keys.watch(undefined, { signal }),
  reduce: (_state, update) => update.unfinished,
}

export function useProceduresStream(): void {
  useStream(source)
}

/** What has begun and not ended; undefined until main told it. */
export function useUnfinished(): State | undefined {
  return useLive<State>(source.key)
}

const stuck = (state: State) => state.filter(({ running }) => !running).length

/** How many wait for the person. */
export function useUnfinishedCount(): number {
  return useLive<State, number>(source.key, stuck) ?? 0
}
