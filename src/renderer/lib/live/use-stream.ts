import { useEffect } from 'react'
import { useQueryClient, type QueryClient, type QueryKey } from '@tanstack/react-query'
import type { Client } from '../connection/client.ts'
import { useApi } from '../connection/api-context.ts'
import { followStream } from './follow-stream.ts'

/** Where a stream comes from and how its updates turn into the state in the query cache. */
export interface LiveSource<Update, State> {
  readonly key: QueryKey
  open(client: Client, signal: AbortSignal): Promise<AsyncIterable<Update>>
  /** The next state; `state` is undefined until the first snapshot. */
  reduce(state: State | undefined, update: Update): State | undefined
}

/** Keeps the state of `source` in the query cache for as long as the component is mounted. */
export function useStream<Update, State>(source: LiveSource<Update, State>): void {
  const { connection, client } = useApi()
  const cache = useQueryClient()
  useEffect(() => {
    const ended = new AbortController()
    void followStream<Update>({
      connection,
      signal: ended.signal,
      open: (signal) => source.open(client, signal),
      apply: (batch) => applyBatch(cache, source, batch),
    })
    return () => ended.abort()
  }, [cache, client, connection, source])
}

function applyBatch<Update, State>(
  cache: QueryClient,
  source: LiveSource<Update, State>,
  batch: readonly Update[],
): void {
  cache.setQueryData<State>(source.key, (state) => {
    let next = state
    for (const update of batch) next = source.reduce(next, update)
    return next
  })
}
