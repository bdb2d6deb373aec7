import type { Revocation, RevocationsUpdate } from '#shared/contract/credentials.ts'
import { LIVE, useLive } from './use-live.ts'
import { useStream, type LiveSource } from './use-stream.ts'

type State = ReadonlyMap<string, Revocation>

const source: LiveSource<RevocationsUpdate, State> = {
  key: [LIVE, 'revocations'],
  open: (client, signal) => client.credentials.revocations(undefined, { signal }),
  reduce: (state, update) => {
    if (update.type === 'snapshot') {
      return new Map(update.revocations.map((revocation) => [revocation.id, revocation]))
    }
    return new Map(state).set(update.revocation.id, update.revocation)
  },
}

export function useRevocationsStream(): void {
  useStream(source)
}

/** The revocations under way and the latest that ended; undefined until main told them. */
export function useRevocations(): State | undefined {
  return useLive<State>(source.key)
}
