import type { NscImport } from '#shared/contract/nsc.ts'
import { LIVE, useLive } from './use-live.ts'
import { useStream, type LiveSource } from './use-stream.ts'

interface State {
  readonly import: NscImport | null
}

const source: LiveSource<State & { readonly type: 'snapshot' }, State> = {
  key: [LIVE, 'nsc'],
  open: (client, signal) => client.nsc.watch(undefined, { signal }),
  reduce: (_, update) => ({ import: update.import }),
}

export function useNscStream(): void {
  useStream(source)
}

/** The newest import of a store since the app started; null where there was none. */
export function useNscImport(): NscImport | null {
  return useLive<State>(source.key)?.import ?? null
}
