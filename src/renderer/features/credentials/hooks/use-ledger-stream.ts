import { useEffect } from 'react'
import { useQueryClient } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'
import { followStream } from '../../../lib/live/follow-stream.ts'
import { LEDGER } from '../api/use-page.ts'

/** Asks again for what is shown of the ledger whenever it changed, for as long as it is shown. */
export function useLedgerStream(): void {
  const { connection, client } = useApi()
  const cache = useQueryClient()
  useEffect(() => {
    const ended = new AbortController()
    let known: number | undefined
    void followStream({
      connection,
      signal: ended.signal,
      open: (signal) => client.credentials.watch(undefined, { signal }),
      apply: (batch) => {
        const revision = batch.at(-1)?.revision
        if (revision !== known && known !== undefined) {
          void cache.invalidateQueries({ queryKey: [LEDGER] })
        }
        known = revision
      },
    })
    return () => ended.abort()
  }, [cache, client, connection])
}
